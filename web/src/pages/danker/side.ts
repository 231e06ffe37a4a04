import type { PairRequest } from "../../api/types";

export type Side = "left" | "right";

/** Which of two is danker; null for neither. */
export type Winner = PairRequest["winner"];

export const SIDES: readonly Side[] = ["left", "right"];

const KEYS: Record<string, Winner> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowDown: null,
  s: null,
  S: null,
};

type Pressed = Pick<KeyboardEvent, "key" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey" | "repeat">;

/** What a key answers; undefined where it is not ours, or held down: one answer a press. */
export function answerOfKey(event: Pressed): Winner | undefined {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return undefined;
  return Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : undefined;
}
