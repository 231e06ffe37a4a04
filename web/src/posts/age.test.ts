import { expect, test } from "vitest";
import { ageWords, olderWords, spanWords } from "./age";

const plain = (words: string | null) => words?.replaceAll("\u00a0", " ") ?? null;

test.each([
  [5, "1 min"],
  [60 * 59, "59 min"],
  [3600 * 3.9, "3 h"],
  [3600 * 47, "47 h"],
  [86400 * 2, "2 d"],
  [86400 * 60, "60 d"],
  [86400 * 92, "3 months"],
  [86400 * 366, "1 year"],
  [86400 * 365.25 * 8, "8 years"],
])("%d seconds are %s", (seconds, words) => {
  expect(plain(spanWords(seconds))).toBe(words);
});

test("less than a minute ago is just now, and so is the future", () => {
  expect(ageWords(100, 130)).toBe("just now");
  expect(ageWords(200, 130)).toBe("just now");
  expect(plain(ageWords(100, 100 + 7200))).toBe("2 h ago");
});

test("an original is older by what lies between the two posts", () => {
  expect(plain(olderWords(0, 86400 * 3))).toBe("3 d older");
  expect(olderWords(null, 5)).toBeNull();
  expect(olderWords(500, 400)).toBeNull();
});
