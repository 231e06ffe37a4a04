import { expect, test } from "vitest";
import type { Pair, Post } from "../../api/types";
import { opinionOn, samePair, tally } from "./opinion";
import { answerOfKey } from "./side";
import { isSideways, leanOf, sideOfSwipe } from "./swipe";

const PLAIN = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, repeat: false };
const pair = (left: number | null, right: number | null) =>
  ({ left: postOf("a", left), right: postOf("b", right), answered: 0 }) as Pair;

function postOf(id: string, probability: number | null): Post {
  return { id, verdict: probability === null ? null : { probability } } as Post;
}

test("a long swipe picks the side it goes to", () => {
  expect(sideOfSwipe({ x: -120, y: 20, milliseconds: 900 })).toBe("left");
  expect(sideOfSwipe({ x: 120, y: -20, milliseconds: 900 })).toBe("right");
});

test("a short swipe picks only when it is a flick", () => {
  expect(sideOfSwipe({ x: 40, y: 2, milliseconds: 60 })).toBe("right");
  expect(sideOfSwipe({ x: 40, y: 2, milliseconds: 600 })).toBeNull();
  expect(sideOfSwipe({ x: 12, y: 0, milliseconds: 1 })).toBeNull();
});

test("a scroll is no swipe", () => {
  expect(sideOfSwipe({ x: 90, y: 200, milliseconds: 100 })).toBeNull();
  expect(leanOf({ x: 90, y: 200, milliseconds: 100 })).toBe(0);
  expect(isSideways({ x: 5, y: 0, milliseconds: 10 })).toBe(false);
});

test("the lean ends where the swipe would pick", () => {
  expect(leanOf({ x: 40, y: 0, milliseconds: 10 })).toBeCloseTo(0.5);
  expect(leanOf({ x: -500, y: 0, milliseconds: 10 })).toBe(-1);
});

test("arrows answer, down and s pass, and nothing else does", () => {
  expect(answerOfKey({ ...PLAIN, key: "ArrowLeft" })).toBe("left");
  expect(answerOfKey({ ...PLAIN, key: "ArrowRight" })).toBe("right");
  expect(answerOfKey({ ...PLAIN, key: "ArrowDown" })).toBeNull();
  expect(answerOfKey({ ...PLAIN, key: "s" })).toBeNull();
  expect(answerOfKey({ ...PLAIN, key: "toString" })).toBeUndefined();
  expect(answerOfKey({ ...PLAIN, key: "ArrowLeft", altKey: true })).toBeUndefined();
  expect(answerOfKey({ ...PLAIN, key: "ArrowLeft", repeat: true })).toBeUndefined();
});

test("the judge's opinion names the picked one's chance first", () => {
  expect(opinionOn(pair(0.61, 0.34), "left")).toMatch(/^The judge agrees: 61\s% against 34\s%\.$/);
  expect(opinionOn(pair(0.61, 0.34), "right")).toMatch(/^The judge begs to differ: 34\s% against 61\s%\.$/);
  expect(opinionOn(pair(0.34, 0.61), null)).toMatch(/take the right one: 61\s% against 34\s%\.$/);
});

test("the judge has no opinion on a tie, or without a forecast", () => {
  expect(opinionOn(pair(0.5, 0.505), "left")).toContain("could not tell them apart");
  expect(opinionOn(pair(0.5, 0.5), null)).toContain("shrugs too");
  expect(opinionOn(pair(0.5, null), "left")).toContain("not made up its mind");
});

test("pairs are counted in words that fit", () => {
  expect(tally(0)).toContain("no pair yet");
  expect(tally(1)).toBe("You have judged 1 pair.");
  expect(tally(1200)).toBe("You have judged 1,200 pairs.");
});

test("a pair is the same whichever way round", () => {
  const one = pair(0.5, 0.5);
  expect(samePair(one, { ...one, left: one.right, right: one.left })).toBe(true);
  expect(samePair(one, { ...one, right: postOf("c", 0.5) })).toBe(false);
});
