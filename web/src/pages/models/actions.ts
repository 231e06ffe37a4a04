import type { ModelState } from "../../api/types";

export type Action = { key: "shadow" | "promote" | "rollback" | "retire"; name: string; loud: boolean };

const SHADOW: Action = { key: "shadow", name: "Try in the shadow", loud: false };
const SHARE: Action = { ...SHADOW, name: "Change its share" };
const PROMOTE: Action = { key: "promote", name: "Promote", loud: true };
const RETIRE: Action = { key: "retire", name: "Retire", loud: false };
const ROLL_BACK: Action = { key: "rollback", name: "Roll back", loud: false };

/** What can be done with a version in a state; `previous` is what a rollback goes back to, null where there is nothing. */
export function actionsFor(state: ModelState, previous: string | null): Action[] {
  if (state === "active") return previous === null ? [] : [ROLL_BACK];
  if (state === "retired") return [SHADOW];
  return [PROMOTE, state === "shadow" ? SHARE : SHADOW, RETIRE];
}

/** The share in what was typed, in percent: 0.1 to 100 with a point or a comma; null where it is none. */
export function shareIn(percent: string): number | null {
  const text = percent.trim().replace(",", ".");
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return value >= 0.1 && value <= 100 ? Number((value / 100).toFixed(6)) : null;
}
