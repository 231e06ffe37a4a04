import type { Interval, LedgerSpan, LedgerVersion } from "../../api/types";

/** A span of time with its figure. */
export type Reading = { at: number; posts: number; figure: Interval };

export type FigureName = "auc" | "pair_accuracy";

/** The readings of one figure over time, cut where a span has none: no line is drawn over what is not known. */
export function runsOf(spans: readonly LedgerSpan[], name: FigureName): Reading[][] {
  const runs: Reading[][] = [[]];
  for (const span of spans) {
    const figure = span[name];
    if (figure) runs.at(-1)?.push({ at: (span.from_utc + span.until_utc) / 2, posts: span.posts, figure });
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

/** Where all intervals of some versions' figures begin and end: side by side, their diagrams share one scale. */
export function boundsOf(versions: readonly Pick<LedgerVersion, "over_time">[]): number[] {
  return versions
    .flatMap(({ over_time }) => over_time.flatMap(({ auc, pair_accuracy }) => [auc, pair_accuracy]))
    .flatMap((figure) => (figure ? [figure.low, figure.high] : []));
}

/** The SVG path through points. */
export function pathThrough(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

/** The SVG path of the area between an upper and a lower line. */
export function areaBetween(
  upper: readonly (readonly [number, number])[],
  lower: readonly (readonly [number, number])[],
): string {
  return `${pathThrough([...upper, ...lower.toReversed()])}Z`;
}
