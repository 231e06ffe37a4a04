import { ask, json } from "./ask";
import type { Demo, Retry, Status } from "./types";

/** How the place is doing; throws `ProblemError`. */
export function fetchStatus(signal: AbortSignal) {
  return ask<Status>("/api/v1/status", { signal });
}

/** Tries failed pictures again, all of them or those of one reason; for admins; throws `ProblemError`. */
export function retryFailures(code: string | null) {
  return ask<Retry>("/api/v1/failures/retry", { method: "POST", ...json({ code }) });
}

/** Takes the sample memes out of the feed; for admins; throws `ProblemError`. */
export function removeSamples() {
  return ask<Demo>("/api/v1/demo", { method: "DELETE" });
}
