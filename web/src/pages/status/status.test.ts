import { expect, test } from "vitest";
import { when } from "./moment";
import { size } from "./size";
import { troubleOf } from "./words";

test("a moment is told from where one stands", () => {
  expect(when(1000, 1004)).toBe("just now");
  expect(when(1000, 1000 + 7200)).toMatch(/^2\sh ago$/);
  expect(when(1000 + 300, 1000)).toMatch(/^in 5\smin$/);
  expect(when(1000 + 3, 1000)).toMatch(/^in 1\smin$/);
});

test("bytes are told in units that fit", () => {
  expect(size(0)).toBe("0 bytes");
  expect(size(999)).toBe("999 bytes");
  expect(size(48_300_000)).toBe("48.3 MB");
  expect(size(2_000_000_000)).toBe("2 GB");
  expect(size(999_960)).toBe("1 MB");
  expect(size(812_000_000)).toBe("812 MB");
});

test("the server's own words are told, except where it could not be reached", () => {
  const problem = {
    type: "",
    title: "",
    status: 422,
    code: "bad-query",
    detail: "there is no such community",
  };
  expect(troubleOf(problem)).toBe("There is no such community.");
  expect(troubleOf({ ...problem, code: "unreachable", detail: "" })).toContain("can't reach the server");
  expect(troubleOf({ ...problem, code: "server-error", detail: "" })).not.toBe("");
});
