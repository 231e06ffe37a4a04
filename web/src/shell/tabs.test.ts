import { expect, test } from "vitest";
import { currentAt } from "./tabs";

test("the tab of the page one is on is the current one, and no other", () => {
  expect(currentAt("/ledger", "/ledger")).toBe("page");
  expect(currentAt("/ledger", "/")).toBeUndefined();
});

test("a post's page belongs to the latest memes", () => {
  expect(currentAt("/posts/lemmy%3A1", "/latest")).toBe("true");
});

test("a version's page belongs to the models", () => {
  expect(currentAt("/models/imgflip-1", "/models")).toBe("true");
  expect(currentAt("/models/imgflip-1", "/latest")).toBeUndefined();
});

test("what lies below a tab's page belongs to it, and nothing to the first page for that", () => {
  expect(currentAt("/danker/leaderboard", "/danker")).toBe("true");
  expect(currentAt("/danker/leaderboard", "/")).toBeUndefined();
  expect(currentAt("/latest", "/ledger")).toBeUndefined();
});
