import type { Outcome, ScoreAt, Verdict } from "../../api/types";
import { shareOf } from "../../verdict/format";

/** The frame that a chart is drawn in, in its own units. */
export type Frame = {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
};

/** How ages and scores become places in a chart. */
export type Scale = {
  x: (hours: number) => number;
  y: (score: number) => number;
  most: number;
  least: number;
};

const SHORTEST = 48;

/**
 * The scale of a chart of scores. Ages go by their square root, since a post lives fast when it is young;
 * scores begin at nothing, or below where people disliked it.
 */
export function scaleOf(
  scores: readonly ScoreAt[],
  { width, height, left, right, top, bottom }: Frame,
): Scale {
  const longest = Math.max(SHORTEST, ...scores.map(({ age_hours }) => age_hours ?? 0));
  const most = Math.max(1, ...scores.map(({ score }) => score));
  const least = Math.min(0, ...scores.map(({ score }) => score));
  return {
    x: (hours) => left + (width - left - right) * Math.sqrt(Math.max(0, hours) / longest),
    y: (score) => top + ((height - top - bottom) * (most - score)) / (most - least),
    most,
    least,
  };
}

/** Scores whose age is known, youngest first. */
export function dated(scores: readonly ScoreAt[]): { hours: number; score: number }[] {
  return scores
    .flatMap(({ age_hours, score }) => (age_hours === null ? [] : [{ hours: age_hours, score }]))
    .sort((one, other) => one.hours - other.hours);
}

/** An age in hours for people: `1 h`, `36 h`; below an hour in minutes. */
export function hoursWords(hours: number): string {
  return hours < 1 ? `${Math.round(hours * 60)}\u00a0min` : `${Math.round(hours * 10) / 10}\u00a0h`;
}

/** The forecast against the newest outcome there is; null where there is no forecast. */
export function comparison(
  verdict: Pick<Verdict, "percentile"> | null,
  outcomes: readonly Outcome[],
): string | null {
  if (!verdict) return null;
  const said = `The judge ranked it above ${shareOf(verdict.percentile)} memes.`;
  const known = outcomes.findLast(({ state, percentile }) => state === "taken" && percentile !== null);
  if (known && known.percentile !== null) {
    const rank = shareOf(known.percentile);
    return `${said} After ${hoursWords(known.hours)} it did better than ${rank} its community's posts of that time.`;
  }
  const waiting = outcomes.some(({ state }) => state === "pending");
  return `${said} ${waiting ? "Time will tell." : "How it did was not seen in time."}`;
}
