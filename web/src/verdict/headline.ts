import type { Judgement, Label } from "../api/types";
import { capitalised, percent, sentence } from "./format";

/** The headline of a verdict: its word, and the claim that the word makes. */
export type Headline = { word: string; claim: string };

/**
 * The headline. Every percentage in it is the chance of dank and says so: the app of 2018 wrote
 * "Not Dank (31 % likely)" beside the probability of dank.
 */
export function headlineOf(verdict: Judgement): Headline {
  const chance = percent(verdict.probability);
  switch (verdict.label) {
    case "dank":
      return { word: "Dank.", claim: `${capitalised(chance)} likely to do well` };
    case "not dank":
      return { word: "Not dank.", claim: notDankClaim(verdict.probability, chance) };
    case "can't tell":
      return {
        word: "Can't tell.",
        claim: sentence(verdict.reason ?? "the model will not commit itself"),
      };
  }
}

function notDankClaim(probability: number, chance: string): string {
  const only = probability < 0.5 ? "only " : "";
  return capitalised(`${only}${chance} chance of dank`);
}

/** The verdict as one sentence, for screen readers and file sharing. */
export function spokenVerdict(verdict: Judgement): string {
  const { word, claim } = headlineOf(verdict);
  return `${word} ${claim}${/[.!?]$/.test(claim) ? "" : "."}`;
}

/** How strong a verdict is; each level has its jokes and its face. */
export type Level = "legend" | "dank" | "unsure" | "meh" | "flop";

export function levelOf(verdict: Judgement): Level {
  if (verdict.label === "can't tell") return "unsure";
  if (verdict.label === "dank") return verdict.percentile >= 0.95 ? "legend" : "dank";
  return verdict.percentile < 0.25 ? "flop" : "meh";
}

const JOKES: Record<Level, readonly string[]> = {
  legend: [
    "Call your mother. She should hear it from you first.",
    "Post it, then turn off notifications.",
    "Somewhere, a museum is clearing a wall.",
  ],
  dank: [
    "The group chat is not ready.",
    "Certified fresh. Post before it goes stale.",
    "It has that certain je ne sais lol.",
  ],
  unsure: [
    "Either genius or an accident. Possibly both.",
    "The judge asked for a recess and a snack.",
    "Schrödinger's meme: open the comments to find out.",
  ],
  meh: [
    "Your aunt will still like it.",
    "A polite exhale through the nose, at best.",
    "It's not you. It's the meme.",
  ],
  flop: [
    "Straight to the family newsletter.",
    "We showed it to the toast. The toast said nothing.",
    "Archaeologists may appreciate it one day.",
  ],
};

/** The joke under the headline: the same meme always gets the same one. */
export function jokeFor(level: Level, sha256: string): string {
  const jokes = JOKES[level];
  const pick = Number.parseInt(sha256.slice(0, 6), 16) || 0;
  return jokes[pick % jokes.length] ?? "";
}

/** The tone a label is painted in. */
export function toneOf(label: Label): "dank" | "not" | "unsure" {
  if (label === "dank") return "dank";
  return label === "not dank" ? "not" : "unsure";
}
