import { expect, test } from "vitest";
import type { SeenPost } from "../../api/types";
import { seenLine } from "./seen";

const DAY = 86400;
const NOW = 1000 * DAY;
const plain = (line: string | null) => line?.replaceAll("\u00a0", " ");
const seen = (daysAgo: number | null, score: number | null) =>
  ({ post: { created_utc: daysAgo === null ? null : NOW - daysAgo * DAY, score } }) as SeenPost;

test("the first of several posts is the one that is told of", () => {
  expect(plain(seenLine([seen(5, 7), seen(92, 1812)], NOW))).toBe(
    "Seen before: 2 posts, the first 3 months ago, score 1,812",
  );
});

test("what is not known is left out", () => {
  expect(plain(seenLine([seen(5, null)], NOW))).toBe("Seen before: 1 post, 5 d ago");
  expect(seenLine([seen(null, 4)], NOW)).toBe("Seen before: 1 post");
});

test("a picture that is new says so, and one that could not be looked up says nothing", () => {
  expect(seenLine([], NOW)).toBe("Never seen here before.");
  expect(seenLine(null, NOW)).toBeNull();
  expect(seenLine(undefined, NOW)).toBeNull();
});
