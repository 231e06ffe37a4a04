const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"] as const;

/** A number of bytes for people, in powers of 1000 with at most one decimal: `48.3 MB`. */
export function size(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // 999.95 would read as 1000.0 of its unit.
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 100 ? 1 : 0;
  return `${value.toFixed(digits).replace(/\.0$/, "")} ${UNITS[unit]}`;
}
