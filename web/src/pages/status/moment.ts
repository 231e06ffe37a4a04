import { ageWords, spanWords } from "../../posts/age";

/** When something was or will be, seen from `now` (both in seconds since 1970): `5 min ago`, `in 2 h`. */
export function when(at: number, now: number): string {
  return at > now ? `in ${spanWords(at - now)}` : ageWords(at, now);
}

/** A day, as `3 Nov 2026`. */
export function day(at: number): string {
  return new Date(at * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}
