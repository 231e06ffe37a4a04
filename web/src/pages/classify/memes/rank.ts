import type { Meme } from "./meme";

/** A meme and its place among the judged ones; null while it has no verdict. */
export type Ranked = { meme: Meme; rank: number | null };

/** Judged memes by percentile, best first (equal ones share a rank), then those in work, then the failed. */
export function ranked(memes: readonly Meme[]): Ranked[] {
  const sorted = [...memes].sort((a, b) => group(a) - group(b) || score(b) - score(a) || a.id - b.id);
  return sorted.map((meme) => ({ meme, rank: meme.answer ? 1 + betterThan(meme, memes) : null }));
}

function group(meme: Meme): number {
  if (meme.answer) return 0;
  return meme.problem ? 2 : 1;
}

function score(meme: Meme): number {
  return meme.answer?.verdict.percentile ?? 0;
}

function betterThan(meme: Meme, memes: readonly Meme[]): number {
  return memes.filter((other) => other.answer && score(other) > score(meme)).length;
}
