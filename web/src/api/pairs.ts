import { ask, json } from "./ask";
import type { Pair, PairKept, PairRequest } from "./types";

/** Two memes to choose from; throws `ProblemError`, `no-pair` where there are not two. */
export function fetchPair(signal: AbortSignal) {
  return ask<Pair>("/api/v1/pairs", { signal });
}

/** Keeps which of two is danker; throws `ProblemError`. */
export function judgePair(request: PairRequest) {
  return ask<PairKept>("/api/v1/pairs", { method: "POST", ...json(request) });
}
