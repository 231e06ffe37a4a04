import { ask, json } from "./ask";
import { routeOf } from "./posts";
import type { Post } from "./types";

/** Hides a post from everybody but admins, or shows it again; throws `ProblemError`. */
export function setHidden(id: string, hidden: boolean) {
  return ask<Post>(routeOf(id), { method: "PATCH", ...json({ hidden }) });
}

/** Deletes a post; with `ban` its picture is never let in again. Throws `ProblemError`. */
export function deletePost(id: string, ban: boolean) {
  return ask<undefined>(`${routeOf(id)}?ban=${ban}`, { method: "DELETE" });
}
