import { expect, test } from "vitest";
import { duration, figure, percent, percentRange, sentence, shareOf } from "./format";

test("a probability is whole percent with a space that does not break", () => {
  expect(percent(0.714)).toBe("71\u00a0%");
});

test("a probability is never rounded into a certainty", () => {
  expect(percent(0.998)).toBe("over\u00a099\u00a0%");
  expect(percent(0.001)).toBe("under\u00a01\u00a0%");
});

test("a share reads on into what it is a share of, and is never all nor none", () => {
  expect(shareOf(0.83)).toBe("83\u00a0% of");
  expect(shareOf(0.998)).toBe("almost all");
  expect(shareOf(0.002)).toBe("hardly any");
});

test("an interval names its unit once", () => {
  expect(percentRange(0.58, 0.786)).toBe("58–79\u00a0%");
});

test("a duration is in milliseconds until it is a second", () => {
  expect(duration(104.6)).toBe("105\u00a0ms");
  expect(duration(2340)).toBe("2.3\u00a0s");
});

test("a figure has three decimals, or one where it is large", () => {
  expect(figure(0.6)).toBe("0.600");
  expect(figure(57.42)).toBe("57.4");
  expect(figure(0.64837)).toBe("0.648");
});

test("a sentence begins with a capital letter, but the name of a file stays as it is", () => {
  expect(sentence("it's late")).toBe("It's late.");
  expect(sentence("cnn.onnx is damaged")).toBe("cnn.onnx is damaged.");
  expect(sentence("see below. then")).toBe("See below. then.");
});
