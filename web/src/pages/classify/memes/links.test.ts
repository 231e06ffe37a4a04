import { expect, test } from "vitest";
import { linksIn, nameOfLink, typedLink } from "./links";

test("pasted text gives its http links, each once", () => {
  const text =
    "look https://a.example/1.jpg and\nhttp://b.example/2.png https://a.example/1.jpg file:///etc/passwd";
  expect(linksIn(text)).toEqual(["https://a.example/1.jpg", "http://b.example/2.png"]);
});

test("a comment in a list of links is no link", () => {
  expect(linksIn("# https://a.example/old.jpg\r\nhttps://a.example/new.jpg")).toEqual([
    "https://a.example/new.jpg",
  ]);
});

test("a typed address without a scheme is taken for https", () => {
  expect(typedLink(" i.example.com/a.jpg ")).toBe("https://i.example.com/a.jpg");
  expect(typedLink("example.com:8080/a.jpg")).toBe("https://example.com:8080/a.jpg");
});

test.each(["", "dank", "ftp://a.example/1.jpg", "javascript:alert(1)", "data:image/png;base64,AA"])(
  "%j is no link",
  (text) => {
    expect(typedLink(text)).toBeNull();
  },
);

test("a link is named by its file, or its host", () => {
  expect(nameOfLink("https://a.example/memes/very%20dank.jpg?x=1")).toBe("very dank.jpg");
  expect(nameOfLink("https://a.example/")).toBe("a.example");
  expect(nameOfLink("https://a.example/%E0%A4%A")).toBe("%E0%A4%A");
});
