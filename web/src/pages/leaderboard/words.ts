import type { Agreement, Standing } from "../../api/types";
import { percent, percentRange } from "../../verdict/format";

/** How often a meme is preferred to an average one, with its interval. */
export function chanceWords({ chance, chance_low, chance_high }: Standing): string {
  return `${percent(chance)} (${percentRange(chance_low, chance_high)})`;
}

/** "14 answers" */
export function answersWords(answers: number): string {
  return `${answers.toLocaleString("en")} ${answers === 1 ? "answer" : "answers"}`;
}

/** Of fewer, no word is said on how far people agree. */
const FEWEST = 10;

/** How far people agree, in words that anyone can read. */
export function agreementWords({ alpha, low, high, units }: Agreement, what: string): string {
  if (alpha === null || low === null || high === null || units < FEWEST) {
    return `On ${what}: too few were asked the same to say yet.`;
  }
  const figures = `alpha ${share(alpha)}, ${share(low)} to ${share(high)}`;
  return `On ${what} they ${extent(alpha)} (${figures}; ${units.toLocaleString("en")} judged by several).`;
}

function share(value: number): string {
  return value.toFixed(2).replace("-", "−");
}

function extent(alpha: number): string {
  if (alpha < 0.05) return "agree no more than by chance";
  if (alpha < 0.3) return "agree a little";
  if (alpha < 0.6) return "agree somewhat";
  return "agree well";
}
