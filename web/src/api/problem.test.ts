import { expect, test } from "vitest";
import { adviceFor } from "./advice";
import { problemOf, unreachable } from "./problem";

test("a problem document is taken as it is", async () => {
  const problem = {
    type: "about:blank",
    title: "Too big",
    status: 413,
    detail: "25 MB",
    code: "file-too-large",
  };
  const response = new Response(JSON.stringify(problem), { status: 413 });
  expect(await problemOf(response)).toEqual(problem);
});

test.each([
  [413, "file-too-large"],
  [429, "too-many-requests"],
  [502, "server-error"],
  [418, "unexpected"],
])("a foreign page with status %i becomes the problem %s", async (status, code) => {
  expect((await problemOf(new Response("<h1>nope</h1>", { status }))).code).toBe(code);
});

test("a server that hangs up on a large upload found it too large", () => {
  expect(unreachable(1_000).code).toBe("unreachable");
  expect(unreachable(50_000_000).code).toBe("file-too-large");
});

test("every problem has advice, known or not", () => {
  const unknown = { ...unreachable(), code: "something-new", status: 500 };
  for (const problem of [unreachable(), unknown, { ...unknown, status: 400 }]) {
    const { what, todo } = adviceFor(problem);
    expect(what).not.toBe("");
    expect(todo).not.toBe("");
  }
});
