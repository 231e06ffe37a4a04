import { ask, json } from "./ask";
import type { Schedule, ScheduleChange, ScheduleRequest, Schedules, Trial, TrialRequest } from "./types";

/** The communities that are read again and again; for admins; throws `ProblemError`. */
export function fetchSchedules(signal: AbortSignal) {
  return ask<Schedules>("/api/v1/schedules", { signal });
}

/** Reads one more community from now on; for admins; throws `ProblemError`. */
export function addSchedule(request: ScheduleRequest) {
  return ask<Schedule>("/api/v1/schedules", { method: "POST", ...json(request) });
}

/** Pauses, resumes or runs a schedule; for admins; throws `ProblemError`. */
export function changeSchedule(name: string, change: Partial<ScheduleChange>) {
  return ask<Schedule>(addressOf(name), { method: "PATCH", ...json(change) });
}

/** Reads a community no more, its posts stay; for admins; throws `ProblemError`. */
export function removeSchedule(name: string) {
  return ask<void>(addressOf(name), { method: "DELETE" });
}

/** What a source answers, before it is added; for admins; throws `ProblemError`. */
export function trySource(request: TrialRequest, signal: AbortSignal) {
  return ask<Trial>("/api/v1/sources/trial", { method: "POST", signal, ...json(request) });
}

function addressOf(name: string): string {
  return `/api/v1/schedules/${encodeURIComponent(name)}`;
}
