import { here } from "../place";
import { ProblemError, problemOf, unreachable } from "./problem";

/** Asks the server and gives its answer (undefined where it has no body); throws `ProblemError`. */
export async function ask<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(here(path), init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ProblemError(unreachable(sizeOf(init.body)));
  }
  if (!response.ok) throw new ProblemError(await problemOf(response));
  if (response.status === 204) return undefined as Answer;
  try {
    return (await response.json()) as Answer;
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ProblemError(unreachable());
  }
}

/** The headers and body of a request that carries JSON. */
export function json(body: unknown): RequestInit {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function sizeOf(body: RequestInit["body"]): number {
  const file = body instanceof FormData ? body.get("file") : null;
  return file instanceof File ? file.size : 0;
}
