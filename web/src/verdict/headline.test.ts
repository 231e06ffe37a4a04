import { expect, test } from "vitest";
import type { Label, Verdict } from "../api/types";
import { headlineOf, jokeFor, levelOf, spokenVerdict } from "./headline";

function verdict(label: Label, probability: number, more: Partial<Verdict> = {}): Verdict {
  return {
    label,
    probability,
    low: Math.max(0, probability - 0.1),
    high: Math.min(1, probability + 0.1),
    percentile: probability,
    reason: null,
    compared_with: "memes of 2018",
    ...more,
  };
}

test("a dank meme is as likely to do well as its probability says", () => {
  expect(headlineOf(verdict("dank", 0.71))).toEqual({ word: "Dank.", claim: "71\u00a0% likely to do well" });
});

test("a meme that is not dank never shows the chance of dank as the chance of the label", () => {
  const { word, claim } = headlineOf(verdict("not dank", 0.31));
  expect(word).toBe("Not dank.");
  expect(claim).toBe("Only 31\u00a0% chance of dank");
});

test("a meme that is not dank in spite of even odds is not mocked with an only", () => {
  expect(headlineOf(verdict("not dank", 0.55)).claim).toBe("55\u00a0% chance of dank");
});

test("where the model can't tell, its reason stands in for a figure", () => {
  const headline = headlineOf(verdict("can't tell", 0.4, { reason: "the picture is blank" }));
  expect(headline).toEqual({ word: "Can't tell.", claim: "The picture is blank." });
});

test("the spoken verdict is one sentence with one full stop at the end", () => {
  expect(spokenVerdict(verdict("dank", 0.71))).toBe("Dank. 71\u00a0% likely to do well.");
  expect(spokenVerdict(verdict("can't tell", 0.4, { reason: "It is blank." }))).toBe(
    "Can't tell. It is blank.",
  );
});

test("the level follows the label first and the percentile second", () => {
  expect(levelOf(verdict("dank", 0.5, { percentile: 0.97 }))).toBe("legend");
  expect(levelOf(verdict("dank", 0.5, { percentile: 0.2 }))).toBe("dank");
  expect(levelOf(verdict("can't tell", 0.9, { percentile: 0.99 }))).toBe("unsure");
  expect(levelOf(verdict("not dank", 0.3, { percentile: 0.6 }))).toBe("meh");
  expect(levelOf(verdict("not dank", 0.1, { percentile: 0.1 }))).toBe("flop");
});

test("the same meme always gets the same joke", () => {
  const sha256 = "9e36ee4c120e41b9b597".padEnd(64, "0");
  expect(jokeFor("dank", sha256)).toBe(jokeFor("dank", sha256));
  expect(jokeFor("dank", "not hexadecimal")).not.toBe("");
});
