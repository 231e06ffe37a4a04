import { expect, test } from "vitest";
import type { Outcome } from "../../api/types";
import { comparison, dated, hoursWords, scaleOf } from "./scores";

const FRAME = { width: 100, height: 50, left: 10, right: 10, top: 5, bottom: 5 };
const score = (age_hours: number | null, value: number) => ({ taken_utc: 0, age_hours, score: value });
const outcome = (hours: number, state: Outcome["state"], percentile: number | null = null): Outcome => ({
  hours,
  state,
  percentile,
  due_utc: 0,
  score: null,
});

test("a chart reaches from the post's birth to two days at least, and from nothing to the best score", () => {
  const { x, y } = scaleOf([score(1, 20)], FRAME);
  expect([x(0), x(12), x(48)]).toEqual([10, 50, 90]);
  expect([y(0), y(20)]).toEqual([45, 5]);
});

test("a disliked post has room below nothing", () => {
  const { y, least } = scaleOf([score(1, -10), score(2, 10)], FRAME);
  expect(least).toBe(-10);
  expect(y(0)).toBe(25);
});

test("no score at all is no division by zero", () => {
  expect(scaleOf([], FRAME).y(0)).toBe(45);
});

test("scores without an age are not drawn, the others in order", () => {
  expect(dated([score(2, 5), score(null, 9), score(1, 3)])).toEqual([
    { hours: 1, score: 3 },
    { hours: 2, score: 5 },
  ]);
});

test("ages below an hour are in minutes", () => {
  expect(hoursWords(0.5)).toBe("30\u00a0min");
  expect(hoursWords(6.13)).toBe("6.1\u00a0h");
});

test("the forecast is held against the latest outcome that could be ranked", () => {
  const said = comparison({ percentile: 0.8 }, [
    outcome(1, "taken", 0.3),
    outcome(6, "taken", 0.5),
    outcome(24, "taken"),
  ]);
  expect(said).toContain("After 6\u00a0h it did better than 50\u00a0%");
});

test("without an outcome nothing is made up", () => {
  expect(comparison(null, [outcome(1, "taken", 0.3)])).toBeNull();
  expect(comparison({ percentile: 0.8 }, [outcome(1, "missed"), outcome(48, "pending")])).toContain(
    "Time will tell",
  );
  expect(comparison({ percentile: 0.8 }, [outcome(48, "missed")])).toContain("not seen in time");
});
