const NBSP = "\u00a0";
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTH = 30.44 * DAY;
const YEAR = 365.25 * DAY;

/** A span of time in its largest whole unit: `5 min`, `3 h`, `2 d`, `4 months`, `1 year`. */
export function spanWords(seconds: number): string {
  if (seconds < HOUR) return `${Math.max(1, Math.floor(seconds / MINUTE))}${NBSP}min`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)}${NBSP}h`;
  if (seconds < 2 * MONTH) return `${Math.floor(seconds / DAY)}${NBSP}d`;
  if (seconds < YEAR) return counted(seconds / MONTH, "month");
  return counted(seconds / YEAR, "year");
}

/** How long ago `then` was at `now`, both in seconds; a clock that runs ahead is forgiven. */
export function ageWords(then: number, now: number): string {
  const seconds = now - then;
  return seconds < MINUTE ? "just now" : `${spanWords(seconds)} ago`;
}

/** How much older `first` is than `second`: `3 d older`; null where one is not dated. */
export function olderWords(first: number | null, second: number | null): string | null {
  if (first === null || second === null || second - first < MINUTE) return null;
  return `${spanWords(second - first)} older`;
}

function counted(count: number, unit: string): string {
  const whole = Math.floor(count);
  return `${whole}${NBSP}${unit}${whole === 1 ? "" : "s"}`;
}
