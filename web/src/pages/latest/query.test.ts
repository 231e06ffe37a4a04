import { expect, test } from "vitest";
import { EVERYTHING, type FeedQuery, filtersIn, narrows, queryOf, requestOf, searchOf } from "./query";

const FULL: FeedQuery = {
  q: "cat & duck ü",
  community: "memes@lemmy.ml",
  source: "lemmy",
  dank: true,
  originals: true,
  since: "2026-01-30",
  until: "2026-01-31",
  model: "automl",
  sort: "dankest",
};

test("a query survives its address", () => {
  expect(queryOf(searchOf(FULL))).toEqual(FULL);
  expect(queryOf(searchOf(EVERYTHING))).toEqual(EVERYTHING);
});

test("what is as usual is not in the address", () => {
  expect(searchOf(EVERYTHING)).toBe("");
  expect(searchOf({ ...EVERYTHING, sort: "voted" })).toBe("?sort=voted");
});

test("nonsense in an address counts as not said", () => {
  expect(queryOf("?sort=worst&model=oracle&dank=1&since=yesterday&until=2026-02-31&x=y")).toEqual(EVERYTHING);
});

test("days go to the server as seconds, the last one to its end", () => {
  const asked = requestOf(FULL);
  expect(Number(asked.get("since"))).toBe(new Date(2026, 0, 30).getTime() / 1000);
  expect(Number(asked.get("until"))).toBe(new Date(2026, 1, 1).getTime() / 1000);
  expect(asked.get("dank")).toBe("true");
  expect(requestOf(EVERYTHING).toString()).toBe("");
});

test("the order and the model leave no post out", () => {
  expect(narrows({ ...EVERYTHING, sort: "voted", model: "cnn" })).toBe(false);
  expect(narrows({ ...EVERYTHING, q: "cat" })).toBe(true);
  expect(filtersIn(FULL)).toBe(6);
});
