import { expect, test } from "vitest";
import { brokenIntoLines } from "./lines";

test("lines are as long as fits, and a long word gets its own", () => {
  const fits = (line: string) => line.length <= 10;
  expect(brokenIntoLines("a meme of extraordinary dankness", fits)).toEqual([
    "a meme of",
    "extraordinary",
    "dankness",
  ]);
});
