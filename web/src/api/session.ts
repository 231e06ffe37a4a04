import { ask, json } from "./ask";
import type { Session } from "./types";

/** Whether this browser is signed in as admin; throws `ProblemError`. */
export function fetchSession(signal: AbortSignal) {
  return ask<Session>("/api/v1/session", { signal });
}

/** Signs in with the admin token; throws `ProblemError`, `bad-token` where it is another. */
export function signIn(token: string) {
  return ask<Session>("/api/v1/session", { method: "POST", ...json({ token }) });
}

/** Signs out; throws `ProblemError`. */
export function signOut() {
  return ask<Session>("/api/v1/session", { method: "DELETE" });
}
