import { expect, test } from "vitest";
import { fieldOf, limitFault, offerOf, whereFault } from "./offers";
import { cronFault, RHYTHMS, rhythmInWords } from "./rhythm";
import { leftOut } from "./runs";

test("the rhythms on offer are told by name, others as they are written", () => {
  expect(rhythmInWords(null)).toBe("adaptive");
  expect(rhythmInWords("0 */12 * * *")).toBe("every 12 hours");
  expect(rhythmInWords("15 4 * * 1")).toBe("at 15 4 * * 1 (UTC)");
});

test("the rhythms on offer are cron expressions", () => {
  for (const { cron } of RHYTHMS) expect(cron === null || cronFault(cron) === null).toBe(true);
});

test("a cron expression has five fields of what cron knows", () => {
  expect(cronFault("15 4 * * MON-FRI")).toBeNull();
  expect(cronFault("*/5 0-6,12 1 jan ?")).toBeNull();
  expect(cronFault("15 4 * *")).toContain("4 so far");
  expect(cronFault("")).toContain("0 so far");
  expect(cronFault("15 4 * * $(reboot)")).toContain("nothing that cron understands");
});

test("a place is checked for what its source needs", () => {
  expect(whereFault("lemmy", " memes@lemmy.ml ")).toBeNull();
  expect(whereFault("lemmy", "https://lemmy.ml/c/memes")).toBeNull();
  expect(whereFault("lemmy", "memes")).toContain("instance");
  expect(whereFault("reddit", "r/dankmemes")).toBeNull();
  expect(whereFault("feed", "example.com/feed")).toContain("no address");
  expect(whereFault("reddit", "  ")).toContain("Subreddit");
});

test("a read asks for 1 to 1,000 posts", () => {
  expect([" 100 ", "1", "1000"].map(limitFault)).toEqual([null, null, null]);
  for (const text of ["", "0", "1001", "-5", "1.5", "1e2", "many"])
    expect(limitFault(text)).toContain("1,000");
});

test("a source without an offer does not break the page", () => {
  expect(offerOf("files").source).toBe("lemmy");
});

test("a problem is shown at the field it belongs to", () => {
  expect(fieldOf("bad-setting")).toBe("cron");
  expect(fieldOf("no-community")).toBe("where");
  expect(fieldOf("server-error")).toBeNull();
});

test("what a run left out is counted by reason, the commonest first", () => {
  expect(leftOut({ "seen already": 2, "no image": 14, filtered: 0 })).toBe("14 no image, 2 seen already");
  expect(leftOut({})).toBe("");
});
