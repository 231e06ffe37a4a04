import { expect, test } from "vitest";
import type { Agreement, Leaderboard, Standing } from "../../api/types";
import { joined } from "./useLeaderboard";
import { agreementWords, answersWords, chanceWords } from "./words";

const standing = (id: string, rank: number) =>
  ({ rank, post: { id }, chance: 0.614, chance_low: 0.52, chance_high: 0.7, answers: 3 }) as Standing;
const page = (next: number | null, ...memes: Standing[]): Leaderboard => ({
  memes,
  next,
  total: 9,
  computed_utc: 1,
});
const agreed = (alpha: number | null): Agreement => ({
  alpha,
  low: alpha,
  high: alpha,
  units: 12,
  answers: 30,
});

test("a chance has its interval beside it", () => {
  expect(chanceWords(standing("a", 1))).toMatch(/^61\s% \(52–70\s%\)$/);
});

test("answers are counted in words that fit", () => {
  expect([answersWords(1), answersWords(1200)]).toEqual(["1 answer", "1,200 answers"]);
});

test("agreement is told in words, and not where too few were asked the same", () => {
  expect(agreementWords(agreed(0.41), "votes")).toContain("agree somewhat (alpha 0.41");
  expect(agreementWords(agreed(-0.1), "votes")).toContain("no more than by chance");
  expect(agreementWords(agreed(-0.1), "votes")).toContain("(alpha −0.10");
  expect(agreementWords(agreed(null), "pairs")).toContain("too few were asked the same");
  expect(agreementWords({ ...agreed(0.9), units: 2 }, "pairs")).toContain("too few were asked the same");
});

test("the next page follows, and a meme that has moved onto it is not told twice", () => {
  const first = page(2, standing("a", 1), standing("b", 2));
  const both = joined(first, page(null, standing("b", 3), standing("c", 4)));
  expect(both.memes.map(({ post }) => post.id)).toEqual(["a", "b", "c"]);
  expect(both.next).toBeNull();
});
