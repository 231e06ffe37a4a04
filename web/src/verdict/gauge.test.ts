import { expect, test } from "vitest";
import { arcPath, pointAt } from "./gauge";

const centre = { x: 100, y: 100 };

test("the gauge runs from the left over the top to the right", () => {
  expect(pointAt(0, 50, centre).x).toBeCloseTo(50);
  expect(pointAt(0.5, 50, centre).y).toBeCloseTo(50);
  expect(pointAt(1, 50, centre).x).toBeCloseTo(150);
});

test("a fraction outside the scale stays on it", () => {
  expect(pointAt(1.7, 50, centre)).toEqual(pointAt(1, 50, centre));
});

test("an arc goes clockwise between its two ends", () => {
  expect(arcPath(0, 1, 50, centre)).toBe("M50.00 100.00A50 50 0 0 1 150.00 100.00");
});
