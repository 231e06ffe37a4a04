import type { SeenPost } from "../../api/types";
import { ageWords } from "../../posts/age";

/**
 * What is said of a picture's earlier posts at `now` (seconds): `Seen before: 2 posts, the first 3 months ago,
 * score 812`. Null where nobody could look.
 */
export function seenLine(seen: readonly SeenPost[] | null | undefined, now: number): string | null {
  if (!seen) return null;
  if (seen.length === 0) return "Never seen here before.";
  const parts = [`Seen before: ${seen.length} ${seen.length === 1 ? "post" : "posts"}`];
  const first = oldestOf(seen);
  if (first?.created_utc != null) {
    parts.push(`${seen.length === 1 ? "" : "the first "}${ageWords(first.created_utc, now)}`);
    if (first.score !== null) parts.push(`score ${first.score.toLocaleString("en")}`);
  }
  return parts.join(", ");
}

function oldestOf(seen: readonly SeenPost[]) {
  const posts = seen.map(({ post }) => post).filter(({ created_utc }) => created_utc !== null);
  return posts.sort((one, other) => (one.created_utc ?? 0) - (other.created_utc ?? 0))[0];
}
