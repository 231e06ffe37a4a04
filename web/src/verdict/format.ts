const NBSP = "\u00a0";

/** A fraction as whole percent; the ends are never rounded into a certainty. */
export function percent(fraction: number): string {
  const whole = Math.round(fraction * 100);
  if (whole >= 100) return `over${NBSP}99${NBSP}%`;
  if (whole <= 0) return `under${NBSP}1${NBSP}%`;
  return `${whole}${NBSP}%`;
}

/** A share of the memes that something is compared with, to be followed by what they are: `83 % of`, `almost all`. */
export function shareOf(fraction: number): string {
  const whole = Math.round(fraction * 100);
  if (whole >= 100) return "almost all";
  return whole <= 0 ? "hardly any" : `${whole}${NBSP}% of`;
}

/** An interval as whole percent, `58–79 %`. */
export function percentRange(low: number, high: number): string {
  return `${Math.round(low * 100)}–${Math.round(high * 100)}${NBSP}%`;
}

/** A duration: milliseconds up to a second, then seconds with one decimal. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}${NBSP}ms`;
  return `${(milliseconds / 1000).toFixed(1)}${NBSP}s`;
}

/** A measured figure: three decimals, or one from ten on. */
export function figure(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 3 : 1);
}

const NAME = /^[^\s]*\w[._/]\w/;

/** `sentence` with a capital first letter, unless it begins with the name of a file or of a setting. */
export function capitalised(sentence: string): string {
  if (NAME.test(sentence)) return sentence;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** `text` as a sentence: with a capital first letter and a full stop. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? capitalised(text) : `${capitalised(text)}.`;
}
