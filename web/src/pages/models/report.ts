import type { Interval } from "../../api/types";

/** A rung of the ladder: AUC by this alone, with all below, and what it adds. */
export type Rung = {
  name: string;
  alone: Interval | null;
  joined: Interval | null;
  increment: Interval | null;
};

/** What one check of the audit found. */
export type Finding = { name: string; passed: boolean; severity: string; words: string };

/** The ladder in a report. The bundle that ships tells of each rung alone; whatever is none is left out. */
export function ladderIn(report: unknown): Rung[] {
  const ladder = record(record(report)?.ladder);
  if (!ladder) return [];
  if (Array.isArray(ladder.rungs)) return ladder.rungs.flatMap(rung);
  return Object.entries(ladder).flatMap(([name, each]) => {
    const alone = interval(record(each)?.auc);
    return alone ? [{ name, alone, joined: null, increment: null }] : [];
  });
}

/** The audit's findings in a report. */
export function findingsIn(report: unknown): Finding[] {
  const findings = record(record(report)?.audit)?.findings;
  return Array.isArray(findings) ? findings.flatMap(finding) : [];
}

/** What could not be measured, and why. */
export function gapsIn(report: unknown): string[] {
  const gaps = record(report)?.could_not;
  return Array.isArray(gaps) ? gaps.filter((each) => typeof each === "string") : [];
}

/** What a model was measured on: terms and words. */
export function factsIn(report: unknown): { term: string; words: string }[] {
  const facts = record(report)?.facts;
  if (!Array.isArray(facts)) return [];
  return facts.flatMap((each) => {
    const { term, words } = record(each) ?? {};
    return typeof term === "string" && typeof words === "string" ? [{ term, words }] : [];
  });
}

function rung(value: unknown): Rung[] {
  const { name, alone, joined, increment } = record(value) ?? {};
  if (typeof name !== "string") return [];
  return [{ name, alone: interval(alone), joined: interval(joined), increment: interval(increment) }];
}

function finding(value: unknown): Finding[] {
  const { name, passed, severity, words } = record(value) ?? {};
  if (typeof name !== "string" || typeof words !== "string") return [];
  return [{ name, passed: passed === true, severity: String(severity), words }];
}

function interval(value: unknown): Interval | null {
  const { value: middle, low, high } = record(value) ?? {};
  const numbers = [middle, low, high].every((each) => typeof each === "number");
  return numbers ? (value as Interval) : null;
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
}
