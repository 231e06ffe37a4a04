import type { Pair } from "../../api/types";
import { capitalised, percent } from "../../verdict/format";
import type { Winner } from "./side";

/** Chances closer than this look the same as whole percent, or nearly. */
const TIE = 0.015;

/** What the models thought of a pair, told after the answer: before it, it would sway the person. */
export function opinionOn({ left, right }: Pair, winner: Winner): string {
  if (!left.verdict || !right.verdict) return "The judge has not made up its mind about these two yet.";
  const gap = left.verdict.probability - right.verdict.probability;
  const better = percent(Math.max(left.verdict.probability, right.verdict.probability));
  const worse = percent(Math.min(left.verdict.probability, right.verdict.probability));
  if (Math.abs(gap) < TIE) {
    return winner === null
      ? `The judge shrugs too: ${better} against ${worse}.`
      : `The judge could not tell them apart: ${better} against ${worse}.`;
  }
  const favourite = gap > 0 ? "left" : "right";
  if (winner === null) return `The judge would take the ${favourite} one: ${better} against ${worse}.`;
  return winner === favourite
    ? `The judge agrees: ${better} against ${worse}.`
    : `The judge begs to differ: ${worse} against ${better}.`;
}

/** "You have judged 12 pairs." */
export function tally(answered: number): string {
  if (answered === 0) return "You have judged no pair yet.";
  return `You have judged ${answered.toLocaleString("en")} ${answered === 1 ? "pair" : "pairs"}.`;
}

/** A meme's chance as told after the answer; a dash where there is none. */
export function chanceOf(post: Pair["left"]): string {
  return post.verdict ? capitalised(percent(post.verdict.probability)) : "—";
}

/** Whether two pairs are of the same memes, whichever is on which side. */
export function samePair(one: Pair, other: Pair): boolean {
  const ids = new Set([one.left.id, one.right.id, other.left.id, other.right.id]);
  return ids.size === 2;
}

/** What each model alone thought, the picked one's chance first; empty where one of them has not said. */
export function opinionsOfModels({ left, right }: Pair, winner: Winner): string {
  const [first, second] = winner === "right" ? [right.models, left.models] : [left.models, right.models];
  if (!first.cnn || !second.cnn || !first.automl || !second.automl) return "";
  const picture = `${percent(first.cnn.probability)} against ${percent(second.cnn.probability)}`;
  const caption = `${percent(first.automl.probability)} against ${percent(second.automl.probability)}`;
  return `The picture alone: ${picture}. With the caption: ${caption}.`;
}
