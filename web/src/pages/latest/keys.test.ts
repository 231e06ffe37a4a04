import { expect, test } from "vitest";
import { actionOf, KEYS, type Press } from "./keys";

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...more,
});

test.each([
  ["j", "next"],
  ["k", "previous"],
  ["d", "dank"],
  ["N", "not dank"],
  ["Enter", "open"],
  ["/", "search"],
  ["?", "keys"],
  ["x", null],
  ["Escape", null],
])("the key %s asks for %s", (key, action) => {
  expect(actionOf(press(key), false)).toBe(action);
});

test("no key is taken from somebody who types, nor from the browser", () => {
  for (const { key } of KEYS) {
    expect(actionOf(press(key), true)).toBeNull();
    expect(actionOf(press(key, { ctrlKey: true }), false)).toBeNull();
    expect(actionOf(press(key, { metaKey: true }), false)).toBeNull();
    expect(actionOf(press(key, { altKey: true }), false)).toBeNull();
  }
});
