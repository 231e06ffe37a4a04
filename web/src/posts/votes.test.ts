import { expect, test } from "vitest";
import type { Votes } from "../api/types";
import { voteAfter, votesWith } from "./votes";

const none: Votes = { dank: 3, not_dank: 1, mine: null };

test("a first vote counts once", () => {
  expect(votesWith(none, "dank")).toEqual({ dank: 4, not_dank: 1, mine: "dank" });
});

test("a changed vote moves from one side to the other", () => {
  const dank = votesWith(none, "dank");
  expect(votesWith(dank, "not dank")).toEqual({ dank: 3, not_dank: 2, mine: "not dank" });
});

test("a click on one's own vote takes it back", () => {
  expect(voteAfter("dank", "dank")).toBeNull();
  expect(voteAfter("dank", "not dank")).toBe("not dank");
  expect(voteAfter(null, "dank")).toBe("dank");
  expect(votesWith(votesWith(none, "dank"), null)).toEqual(none);
});

test("the same vote again changes nothing, and no count falls below nothing", () => {
  const dank = votesWith(none, "dank");
  expect(votesWith(dank, "dank")).toEqual(dank);
  expect(votesWith({ dank: 0, not_dank: 0, mine: "dank" }, null).dank).toBe(0);
});
