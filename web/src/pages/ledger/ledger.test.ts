import { expect, test } from "vitest";
import type { LedgerSpan, LedgerVersion } from "../../api/types";
import { areaBetween, boundsOf, pathThrough, runsOf } from "./line";
import { domainAround, linear, radiusOf, ticksIn } from "./scale";
import { couldBeChance, reliabilityInWords, tooLittle, withInterval } from "./words";

const interval = { value: 0.6, low: 0.55, high: 0.65 };

test("a scale maps its domain onto its range, also downwards", () => {
  expect([0, 0.5, 1].map(linear([0, 1], [200, 0]))).toEqual([200, 100, 0]);
  expect(linear([3, 3], [0, 10])(3)).toBe(5);
});

test("ticks are round and lie within the domain", () => {
  expect(ticksIn([0, 1], 0.25)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(ticksIn([0.4, 0.7], 0.1)).toEqual([0.4, 0.5, 0.6, 0.7]);
  expect(ticksIn([0.41, 0.49], 0.1)).toEqual([]);
});

test("the domain holds all values and chance, in whole steps", () => {
  expect(domainAround([0.58, 0.64], 0.1)).toEqual([0.5, 0.7]);
  expect(domainAround([0.31, 0.45], 0.1)).toEqual([0.3, 0.5]);
  expect(domainAround([0.02, 0.99], 0.1)).toEqual([0, 1]);
  expect(domainAround([], 0.1)).toEqual([0.5, 0.6]);
});

test("a point's area, not its radius, stands for its posts", () => {
  expect(radiusOf(100, 100, 10)).toBe(10);
  expect(radiusOf(25, 100, 10)).toBe(5);
  expect(radiusOf(0, 0, 10)).toBe(0);
});

test("no line is drawn over a span without a figure", () => {
  const span = (from_utc: number, auc: typeof interval | null) =>
    ({ from_utc, until_utc: from_utc + 2, posts: 50, auc, pair_accuracy: null }) as LedgerSpan;
  const runs = runsOf([span(0, interval), span(2, null), span(4, interval), span(6, interval)], "auc");
  expect(runs.map((run) => run.map(({ at }) => at))).toEqual([[1], [5, 7]]);
  expect(runsOf([span(0, interval)], "pair_accuracy")).toEqual([]);
});

test("diagrams side by side share the bounds of all their intervals", () => {
  const spans = [{ auc: interval, pair_accuracy: null }] as LedgerSpan[];
  expect(boundsOf([{ over_time: spans }, { over_time: [] }])).toEqual([0.55, 0.65]);
});

test("paths go through their points, areas there and back", () => {
  const up = [
    [0, 1],
    [2, 3],
  ] as const;
  expect(pathThrough(up)).toBe("M0.0 1.0L2.0 3.0");
  expect(
    areaBetween(up, [
      [0, 5],
      [2, 6],
    ]),
  ).toBe("M0.0 1.0L2.0 3.0L2.0 6.0L0.0 5.0Z");
});

test("figures are told with their interval, or not at all", () => {
  expect(withInterval(interval)).toBe("0.600 (0.550 to 0.650)");
  expect(withInterval(null)).toBe("—");
  expect(couldBeChance({ ...interval, low: 0.48 }, 0.5)).toBe(true);
  expect(couldBeChance(interval, 0.5)).toBe(false);
  expect(couldBeChance({ value: 0.2, low: 0, high: 1 }, null)).toBe(false);
});

test("too little data is said plainly", () => {
  const version = { message: null, posts: 12, needed: 50 } as LedgerVersion;
  expect(tooLittle(version)).toBe("Too little to say: 12 of 50 posts have an outcome.");
  expect(tooLittle({ ...version, message: "Too few neighbours." })).toBe(
    "Too little to say: too few neighbours.",
  );
});

test("a reliability diagram can be read out", () => {
  const text = reliabilityInWords([{ forecast: 0.2, observed: 0.1, low: 0, high: 0.2, posts: 40 }]);
  expect(text).toMatch(/^Forecasts against outcomes: 20\s% came true 10\s% of the time\.$/);
});
