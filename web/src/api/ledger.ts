import { ask } from "./ask";
import type { Ledger } from "./types";

/** How forecasts met outcomes; throws `ProblemError`. */
export function fetchLedger(signal: AbortSignal) {
  return ask<Ledger>("/api/v1/ledger", { signal });
}
