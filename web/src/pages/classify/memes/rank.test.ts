import { expect, test } from "vitest";
import type { ClassifyAnswer, Problem } from "../../../api/types";
import { changed, type Meme } from "./meme";
import { ranked } from "./rank";

function meme(id: number, percentile?: number, problem: Problem | null = null): Meme {
  const answer = percentile === undefined ? null : ({ verdict: { percentile } } as ClassifyAnswer);
  const source = { kind: "url", url: `https://example.com/${id}.jpg` } as const;
  return { id, name: `${id}`, source, preview: "", pending: !answer && !problem, answer, problem };
}

const problem: Problem = { type: "", title: "", status: 415, detail: "", code: "not-an-image" };
const order = (memes: Meme[]) => ranked(memes).map(({ meme: { id }, rank }) => [id, rank]);

test("memes are ranked by percentile, then come those in work, then the failed", () => {
  const memes = [meme(1, undefined, problem), meme(2), meme(3, 0.2), meme(4, 0.9)];
  expect(order(memes)).toEqual([
    [4, 1],
    [3, 2],
    [2, null],
    [1, null],
  ]);
});

test("memes of equal percentile share a rank and keep the order they came in", () => {
  expect(order([meme(1, 0.1), meme(2, 0.5), meme(3, 0.5)])).toEqual([
    [2, 1],
    [3, 1],
    [1, 3],
  ]);
});

test("a failed second try keeps the first verdict and its rank", () => {
  const memes = changed([meme(1, 0.4)], { type: "failed", id: 1, problem });
  expect(order(memes)).toEqual([[1, 1]]);
  expect(memes[0]?.problem).toBe(problem);
});

test("a meme that fails leaves the others alone", () => {
  const before = [meme(1), meme(2, 0.5)];
  const after = changed(before, { type: "failed", id: 1, problem });
  expect(after[1]).toBe(before[1]);
});
