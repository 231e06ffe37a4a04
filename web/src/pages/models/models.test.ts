import { expect, test } from "vitest";
import type { LedgerVersion, Model, Process, Slice } from "../../api/types";
import { actionsFor, shareIn } from "./actions";
import { factsIn, findingsIn, gapsIn, ladderIn } from "./report";
import { groupsOf, searchOf, sliceName, viewOf } from "./view";
import {
  decisionWords,
  driftMark,
  faultsOf,
  ledgerWords,
  outcomeWords,
  ranked,
  retrainMark,
  shareWords,
  shortened,
  signed,
  signedSpan,
  tellingSide,
  usedBy,
  uses,
} from "./words";

const auc = { value: 0.6, low: 0.55, high: 0.65 };
const known = { version: "a-1", enough: true, posts: 1200, auc } as LedgerVersion;
const short = {
  version: "b-1",
  enough: false,
  posts: 12,
  needed: 50,
  message: null,
  auc: null,
} as LedgerVersion;

function process(version: string, shadows: string[] = []): Process {
  return { role: "serve", name: "here 1", version, wanted: version, shadows, fault: null, settled: true };
}

test("a side of the ledger is told with its interval, or why it is not", () => {
  expect(ledgerWords(known)).toBe("AUC 0.600 (0.550 to 0.650) on 1,200 posts");
  expect(ledgerWords(short)).toBe("Too little to say: 12 of 50 posts have an outcome.");
  expect(ledgerWords(null)).toBe("No forecast of it has met an outcome.");
});

test("the side that is shown first is the live one where it says enough, else the one with more posts", () => {
  expect(tellingSide([{ live: known, replayed: known }])).toBe("live");
  expect(tellingSide([{ live: short, replayed: known }])).toBe("replayed");
  expect(tellingSide([{ live: short, replayed: null }])).toBe("live");
  expect(
    tellingSide([
      { live: null, replayed: null },
      { live: null, replayed: known },
    ]),
  ).toBe("replayed");
  expect(tellingSide([])).toBe("live");
});

test("the leaderboard has the best first, and nobody without a figure", () => {
  const better = { ...known, version: "c-1", auc: { ...auc, value: 0.7 } };
  expect(ranked([known, short, better]).map(({ version }) => version)).toEqual(["c-1", "a-1"]);
});

test("processes are counted that use a version for what it is now", () => {
  const processes = [process("a-1", ["b-1"]), process("old-1")];
  expect(usedBy(processes, { version: "a-1", state: "active" })).toBe("Used by 1 of 2 processes");
  expect(usedBy(processes, { version: "b-1", state: "shadow" })).toBe("Used by 1 of 2 processes");
  expect(usedBy([process("a-1")], { version: "a-1", state: "active" })).toBe("Used by 1 of 1 process");
  expect(usedBy([], { version: "a-1", state: "active" })).toBe("No process says that it is running");
  expect(uses(process("b-1"), { version: "b-1", state: "shadow" })).toBe(false);
  const stuck = { ...process("old-1"), fault: "it is damaged" };
  expect(faultsOf([...processes, stuck, stuck])).toEqual(["it is damaged"]);
});

test("an admin is offered what the state allows", () => {
  const keys = (state: Model["state"], previous: string | null = null) =>
    actionsFor(state, previous).map(({ key }) => key);
  expect(keys("active")).toEqual([]);
  expect(keys("active", "a-1")).toEqual(["rollback"]);
  expect(keys("candidate")).toEqual(["promote", "shadow", "retire"]);
  expect(keys("former")).toEqual(["promote", "shadow", "retire"]);
  expect(keys("retired")).toEqual(["shadow"]);
  expect(actionsFor("shadow", null)[1]?.name).toBe("Change its share");
});

test("a share is read from percent as people type it", () => {
  expect(shareIn("10")).toBe(0.1);
  expect(shareIn(" 2,5 ")).toBe(0.025);
  expect(shareIn("100")).toBe(1);
  expect(["0", "0.05", "101", "", "ten", "-5", "1e1"].map(shareIn)).toEqual(Array(7).fill(null));
  expect(shareWords(1)).toBe("all of them");
  expect(shareWords(0.1)).toBe("10\u00a0%");
  expect(shareWords(0.005)).toBe("0.5\u00a0%");
});

test("figures and decisions are told in plain words", () => {
  expect(signed(0.0123)).toBe("+0.012");
  expect(signed(-0.0123)).toBe("−0.012");
  expect(signed(-0.0001)).toBe("0.000");
  expect(signedSpan({ low: -0.004, high: 0.028 })).toBe("−0.004 to +0.028");
  expect(outcomeWords(0.834)).toBe("Ended above 83\u00a0%");
  expect(outcomeWords(0)).toBe("Ended at the bottom");
  expect(decisionWords({ action: "promote", forced: true })).toBe("promoted, against the gate");
  expect(decisionWords({ action: "refuse", forced: false })).toBe("not promoted");
  expect(shortened("b1fccc69bcd0bd4beffefa6d14e430401d8d62608226d341ed2973e39a27a095")).toBe("b1fccc69bcd0");
  expect(shortened("imgflip 2018")).toBe("imgflip 2018");
});

test("a ladder is read from a report, or from the older one of the bundle that ships", () => {
  const rung = { name: "title", alone: auc, joined: auc, increment: null, alone_within: auc };
  expect(ladderIn({ ladder: { rungs: [rung], within: null } })).toEqual([
    { name: "title", alone: auc, joined: auc, increment: null },
  ]);
  expect(ladderIn({ ladder: { prior: { auc, within_template_auc: auc }, odd: 3 } })).toEqual([
    { name: "prior", alone: auc, joined: null, increment: null },
  ]);
  for (const report of [null, {}, { ladder: null }, { ladder: { rungs: [null, 3] } }]) {
    expect(ladderIn(report)).toEqual([]);
  }
});

test("findings, gaps and facts are read from a report, and whatever is none is left out", () => {
  const found = { name: "leak", passed: false, severity: "leak", words: "found one" };
  expect(findingsIn({ audit: { findings: [found, { name: "odd" }] } })).toEqual([found]);
  expect(findingsIn({ audit: { captions_on_both_sides: 0 } })).toEqual([]);
  expect(gapsIn({ could_not: ["no authors", 3] })).toEqual(["no authors"]);
  expect(factsIn({ facts: [{ term: "Data", words: "memes" }, {}] })).toEqual([
    { term: "Data", words: "memes" },
  ]);
  expect([findingsIn(null), gapsIn(null), factsIn(null)]).toEqual([[], [], []]);
});

test("a view survives its address, and nonsense there counts as not said", () => {
  const view = { side: "replayed", by: "cluster", name: "cluster 17", kind: "right" } as const;
  expect(viewOf(searchOf(view).toString())).toEqual(view);
  expect(viewOf("?side=both&slice=weather&name=x&kind=odd")).toEqual({
    side: null,
    by: "all",
    name: "",
    kind: "overrated",
  });
});

test("slices come in groups and have names", () => {
  const slice = (by: Slice["by"], name: string) => ({ by, name, posts: 9 }) as Slice;
  const slices = [
    slice("all", ""),
    slice("text", "no text"),
    slice("copies", "copies"),
    slice("community", "memes"),
  ];
  expect(groupsOf(slices).map(({ title, slices: found }) => [title, found.length])).toEqual([
    ["Words on it", 1],
    ["Copies", 1],
    ["Community", 1],
  ]);
  expect(slices.map(sliceName)).toEqual(["All posts", "Without words", "Posted more than once", "memes"]);
  expect(sliceName({ by: "community", name: "text" })).toBe("text");
});

test("a check for drift that had too few posts tells nothing", () => {
  const check = { name: "scores", drifted: false, words: "", now: 0.1, before: 0 } as const;
  expect(driftMark(check).name).toBe("steady");
  expect(driftMark({ ...check, drifted: true }).tone).toBe("bad");
  expect(driftMark({ ...check, now: null }).name).toBe("can't tell yet");
  expect(retrainMark("unchanged").name).toBe("nothing new");
});
