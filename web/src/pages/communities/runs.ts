/** What a run left out, by reason, the commonest first: `14 no image, 2 seen already`. */
export function leftOut(skipped: Readonly<Record<string, number>>): string {
  return Object.entries(skipped)
    .filter(([, count]) => count > 0)
    .sort(([, one], [, other]) => other - one)
    .map(([reason, count]) => `${count.toLocaleString("en")} ${reason}`)
    .join(", ");
}
