/** A rhythm on offer: its cron expression (five fields, UTC), null for adaptive. */
export type Rhythm = { name: string; cron: string | null; what: string };

export const RHYTHMS: readonly Rhythm[] = [
  {
    name: "Adaptive",
    cron: null,
    what: "More often while much is new, less often while little is: between a minute and 12 hours.",
  },
  { name: "Every hour", cron: "0 * * * *", what: "On the hour." },
  { name: "Every 6 hours", cron: "0 */6 * * *", what: "At 0, 6, 12 and 18 o'clock UTC." },
  { name: "Every 12 hours", cron: "0 */12 * * *", what: "At noon and at midnight UTC." },
  { name: "Every day", cron: "0 0 * * *", what: "At midnight UTC." },
];

/** A schedule's rhythm in words; a cron expression of one's own as it is. */
export function rhythmInWords(cron: string | null): string {
  const known = RHYTHMS.find((rhythm) => rhythm.cron === cron);
  return known ? known.name.toLowerCase() : `at ${cron} (UTC)`;
}

const FIELD = /^[\d*/,#?LW-]+$|^[a-z0-9*/,#-]+$/i;

/** What is wrong with a typed cron expression at first sight; null where nothing is: the server knows the rest. */
export function cronFault(text: string): string | null {
  const fields = text.trim().split(/\s+/).filter(Boolean);
  if (fields.length !== 5) {
    return `Five fields, please: minute, hour, day, month, weekday. ${fields.length} so far.`;
  }
  const odd = fields.find((field) => !FIELD.test(field));
  return odd ? `“${odd}” is nothing that cron understands.` : null;
}
