import { adviceFor } from "../../api/advice";
import type { Problem } from "../../api/types";
import { sentence } from "../../verdict/format";

const OURS: Record<string, string> = {
  unreachable: "We can't reach the server. Check your connection and try again.",
  "not-signed-in": "You are not signed in any more.",
};

/** A problem for those who run the place: the server's own words say most, where there are some. */
export function troubleOf(problem: Problem): string {
  const ours = OURS[problem.code];
  if (ours) return ours;
  if (problem.detail) return sentence(problem.detail);
  const { what, todo } = adviceFor(problem);
  return `${what} ${todo}`;
}
