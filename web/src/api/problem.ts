import type { Problem } from "./types";

/** A request that came back as a problem (RFC 9457), or did not come back. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
  }
}

/** The problem in an error response; one made from the status where the body is not ours (a proxy's page, say). */
export async function problemOf(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json();
    if (isProblem(body)) return body;
  } catch {
    // Not JSON: the status has to do.
  }
  return {
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    detail: `The server answered with status ${response.status}.`,
    code: codeOfStatus(response.status),
  };
}

const HUNG_UP_FROM_BYTES = 20_000_000;

/**
 * The problem of a server that could not be reached with `bytes` of upload: on a large one
 * it may have hung up before it could say that it is too large.
 */
export function unreachable(bytes = 0): Problem {
  const code = bytes > HUNG_UP_FROM_BYTES ? "file-too-large" : "unreachable";
  return { type: "about:blank", title: "Unreachable", status: 0, detail: "", code };
}

/** The problem in whatever was thrown. */
export function problemIn(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem;
  return { ...unreachable(), code: "unexpected", detail: thrown instanceof Error ? thrown.message : "" };
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== "object" || body === null) return false;
  const { code, detail } = body as Partial<Problem>;
  return typeof code === "string" && typeof detail === "string";
}

function codeOfStatus(status: number): string {
  if (status === 413) return "file-too-large";
  if (status === 429) return "too-many-requests";
  return status >= 500 ? "server-error" : "unexpected";
}
