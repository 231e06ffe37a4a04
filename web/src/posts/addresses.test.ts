import { expect, test } from "vitest";
import { pathOfPost, postIdIn, webAddress } from "./addresses";

test.each(["lemmy:1", "feed:memes of the day/7", "a%2Fb", "ü?#&"])("the id %j survives its address", (id) => {
  const path = pathOfPost(id);
  expect(path.split("/")).toHaveLength(3);
  expect(postIdIn(path.slice("/posts/".length))).toBe(id);
});

test("a garbled address has no id", () => {
  expect(postIdIn("%E0%A4%A")).toBeNull();
});

test.each([null, "", "javascript:alert(1)", "data:text/html,x", "//evil.example", "not a link"])(
  "%j is no link to follow",
  (link) => {
    expect(webAddress(link)).toBeNull();
  },
);

test("a web address is followed as it is", () => {
  expect(webAddress("https://example.com/a?b=c#d")).toBe("https://example.com/a?b=c#d");
});
