export type Range = readonly [start: number, end: number];

/** A linear scale from `domain` to `range`; a domain of one value lands in the middle. */
export function linear(domain: Range, range: Range): (value: number) => number {
  const width = domain[1] - domain[0];
  return (value) => {
    const share = width === 0 ? 0.5 : (value - domain[0]) / width;
    return range[0] + share * (range[1] - range[0]);
  };
}

/** The multiples of `step` from one value to another, without the dust of adding fractions. */
export function ticksIn([from, until]: Range, step: number): number[] {
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(until / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    Number(((first + index) * step).toFixed(6)),
  );
}

/** The domain, in whole steps and within 0 to 1, that holds all `values` and, for context, chance (0.5). */
export function domainAround(values: readonly number[], step: number): Range {
  const low = Math.min(0.5, ...values);
  const high = Math.max(0.5, ...values);
  const from = Math.max(0, Math.floor(low / step + 1e-9) * step);
  const until = Math.min(1, Math.ceil(high / step - 1e-9) * step);
  return [Number(from.toFixed(6)), Number(Math.max(until, from + step).toFixed(6))];
}

/** The radius of a point whose area is to `most` as its posts are to the most posts. */
export function radiusOf(posts: number, most: number, largest: number): number {
  if (most <= 0 || posts <= 0) return 0;
  return largest * Math.sqrt(Math.min(1, posts / most));
}
