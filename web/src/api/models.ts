import { ask, json } from "./ask";
import type { Misses, Model, ModelInFull, Models } from "./types";

/** All registered models, and which processes use which; throws `ProblemError`, as all of these do. */
export function fetchModels(signal: AbortSignal) {
  return ask<Models>("/api/v1/models", { signal });
}

/** One model with its card, its evaluation, and what the gate says of it now. */
export function fetchModel(version: string, signal: AbortSignal) {
  return ask<ModelInFull>(routeOf(version), { signal });
}

/** What a model got most right and most wrong. */
export function fetchMisses(version: string, wanted: URLSearchParams, signal: AbortSignal) {
  return ask<Misses>(`${routeOf(version)}/misses?${wanted}`, { signal });
}

/** Lets a model predict a share of what comes in, shown to nobody; for admins. */
export function shadowModel(version: string, share: number) {
  return ask<Model>(`${routeOf(version)}/shadow`, { method: "POST", ...json({ share }) });
}

/** Lets a model answer, with `force` also where the gate refuses; for admins. */
export function promoteModel(version: string, force: boolean) {
  return ask<Model>(`${routeOf(version)}/promote`, { method: "POST", ...json({ force }) });
}

/** Goes back to the model that was active before; for admins. */
export function rollBack() {
  return ask<Model>("/api/v1/models/rollback", { method: "POST" });
}

/** Uses a model no more; for admins. */
export function retireModel(version: string) {
  return ask<Model>(`${routeOf(version)}/retire`, { method: "POST" });
}

function routeOf(version: string): string {
  return `/api/v1/models/${encodeURIComponent(version)}`;
}
