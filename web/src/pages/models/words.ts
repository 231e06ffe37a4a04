import type {
  Decision,
  Drift,
  Interval,
  LedgerVersion,
  Model,
  ModelState,
  Models,
  Process,
  Retrain,
} from "../../api/types";
import { figure, percent } from "../../verdict/format";
import { tooLittle, withInterval } from "../ledger/words";

export type SideKind = "live" | "replayed";

type StateWords = { name: string; tone: "good" | "bad" | "quiet"; what: string };

const STATES: Record<ModelState, StateWords> = {
  active: { name: "answers", tone: "good", what: "It answers, and predicts all that comes in." },
  shadow: {
    name: "shadow",
    tone: "quiet",
    what: "It predicts what comes in, and nobody is shown what it says.",
  },
  candidate: { name: "candidate", tone: "quiet", what: "It does nothing yet." },
  former: { name: "former", tone: "quiet", what: "It answered before." },
  retired: { name: "retired", tone: "quiet", what: "It does nothing any more." },
};

/** What a state is called, and what it means. */
export function stateWords(state: ModelState): StateWords {
  return STATES[state];
}

/** The address of a version's own page. */
export function pathOfModel(version: string): string {
  return `/models/${encodeURIComponent(version)}`;
}

/** A share of the pictures that come in: `all`, `10 %`. */
export function shareWords(share: number): string {
  if (share >= 1) return "all of them";
  return share < 0.01 ? `${(share * 100).toFixed(1)}\u00a0%` : percent(share);
}

/** How a version does on one side of the ledger, in a line. */
export function ledgerWords(version: LedgerVersion | null): string {
  if (!version) return "No forecast of it has met an outcome.";
  if (!version.enough || !version.auc) return tooLittle(version);
  return `AUC ${withInterval(version.auc)} on ${version.posts.toLocaleString("en")} posts`;
}

/** The side that tells most of some versions: the live one where there is enough, else the one with more posts. */
export function tellingSide(models: readonly Pick<Model, SideKind>[]): SideKind {
  if (models.some(({ live }) => live?.enough)) return "live";
  const posts = (side: SideKind) => models.reduce((sum, model) => sum + (model[side]?.posts ?? 0), 0);
  return posts("replayed") > posts("live") ? "replayed" : "live";
}

/** The version that answers; null where none is registered yet. */
export function activeOf({ models }: Pick<Models, "models">): Model | null {
  return models.find(({ state }) => state === "active") ?? null;
}

/** Whether a process uses a version as it should: answers with it, or has it as a shadow. */
export function uses(process: Process, { version, state }: Pick<Model, "version" | "state">): boolean {
  return state === "shadow" ? process.shadows.includes(version) : process.version === version;
}

/** Why processes do not use what they should, each reason once. */
export function faultsOf(processes: readonly Process[]): string[] {
  return [...new Set(processes.flatMap(({ fault }) => (fault ? [fault] : [])))];
}

/** How many of the processes use a version: `Used by 1 of 2 processes`. */
export function usedBy(processes: readonly Process[], model: Pick<Model, "version" | "state">): string {
  if (processes.length === 0) return "No process says that it is running";
  const count = processes.filter((process) => uses(process, model)).length;
  return `Used by ${count} of ${processes.length} ${processes.length === 1 ? "process" : "processes"}`;
}

/** Versions from the highest AUC to the lowest; those without one are left out. */
export function ranked(versions: readonly LedgerVersion[]): LedgerVersion[] {
  return versions
    .filter(({ enough, auc }) => enough && auc)
    .sort((one, other) => (other.auc?.value ?? 0) - (one.auc?.value ?? 0));
}

const ACTIONS: Record<Decision["action"], string> = {
  add: "registered",
  shadow: "put in the shadow",
  promote: "promoted",
  rollback: "rolled back to",
  retire: "retired",
  refuse: "not promoted",
};

/** What was decided about a version: `promoted, against the gate`. */
export function decisionWords({ action, forced }: Pick<Decision, "action" | "forced">): string {
  return forced ? `${ACTIONS[action]}, against the gate` : ACTIONS[action];
}

/** A difference, signed: `+0.012`; nought, rounded, has no sign. */
export function signed(value: number): string {
  const size = figure(Math.abs(value));
  if (Number(size) === 0) return size;
  return `${value < 0 ? "−" : "+"}${size}`;
}

/** The 95 % interval of a difference: `−0.004 to +0.028`. */
export function signedSpan({ low, high }: Pick<Interval, "low" | "high">): string {
  return `${signed(low)} to ${signed(high)}`;
}

/** A dataset's version, which is a long hash, as people can read it out; empty where nobody wrote it down. */
export function shortened(dataset: string): string {
  return /^[0-9a-f]{32,}$/.test(dataset) ? dataset.slice(0, 12) : dataset;
}

/** What became of a post among those near it: `Ended above 83 %`. */
export function outcomeWords(percentile: number): string {
  return percentile < 0.005 ? "Ended at the bottom" : `Ended above ${percent(percentile)}`;
}

type Marked = { name: string; tone: "good" | "bad" | "quiet" };

/** What a check for drift comes to: nothing is told by one that had too few posts. */
export function driftMark({ drifted, now }: Drift["checks"][number]): Marked {
  if (drifted) return { name: "drifted", tone: "bad" };
  return now === null ? { name: "can't tell yet", tone: "quiet" } : { name: "steady", tone: "good" };
}

const RETRAINS: Record<Retrain["state"], Marked> = {
  waiting: { name: "waits", tone: "quiet" },
  running: { name: "runs", tone: "good" },
  done: { name: "done", tone: "good" },
  failed: { name: "failed", tone: "bad" },
  unchanged: { name: "nothing new", tone: "quiet" },
};

/** What a training of the schedule has come to. */
export function retrainMark(state: Retrain["state"]): Marked {
  return RETRAINS[state];
}
