import { ask } from "./ask";
import type { Agreements, Leaderboard } from "./types";

/** A page of the memes that people find dankest; throws `ProblemError`. */
export function fetchLeaderboard(start: number, signal: AbortSignal) {
  return ask<Leaderboard>(`/api/v1/leaderboard?start=${start}`, { signal });
}

/** How far people agree; throws `ProblemError`. */
export function fetchAgreements(signal: AbortSignal) {
  return ask<Agreements>("/api/v1/agreement", { signal });
}
