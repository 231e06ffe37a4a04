import { expect, test } from "vitest";
import { safeNext } from "./next";

const next = (path: string) => safeNext(`?next=${encodeURIComponent(path)}`);

test.each(["/", "/communities", "/posts/lemmy%3Alemmy.ml%3A7", "/latest?q=a&sort=voted#top"])(
  "%s is ours",
  (path) => {
    expect(next(path)).toBe(path);
  },
);

test.each([
  "",
  "communities",
  "//evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  " //evil.example",
  "/..//evil.example",
  "/.//evil.example",
  "https://evil.example",
  "javascript:alert(1)",
  "/a\\..\\..//evil.example",
])("%j leads to the start instead", (path) => {
  expect(next(path)).toBe("/");
});

test("without a next one lands at the start", () => {
  expect(safeNext("")).toBe("/");
  expect(safeNext("?other=/status")).toBe("/");
});
