import { ask, json } from "./ask";
import type { Communities, Demo, FeedPage, PostPage, Similar, Vote, Votes } from "./types";

/** A page of the feed: the first one, or the one at `cursor`; throws `ProblemError`, as all of these do. */
export function fetchFeed(wanted: URLSearchParams, cursor: string | null, signal?: AbortSignal) {
  const query = new URLSearchParams(wanted);
  if (cursor !== null) query.set("cursor", cursor);
  return ask<FeedPage>(`/api/v1/posts?${query}`, signal ? { signal } : {});
}

/** A post with all that is known of it. */
export function fetchPost(id: string, signal?: AbortSignal) {
  return ask<PostPage>(routeOf(id), signal ? { signal } : {});
}

/** Posts whose pictures are most like this one's. */
export function fetchSimilar(id: string, signal: AbortSignal) {
  return ask<Similar>(`${routeOf(id)}/similar`, { signal });
}

/** Keeps this browser's vote; null takes it back. It gets through even where the page is left at that moment. */
export function sendVote(id: string, vote: Vote | null) {
  return ask<Votes>(`${routeOf(id)}/vote`, { method: "PUT", keepalive: true, ...json({ vote }) });
}

/** What the feed can be filtered by. */
export function fetchCommunities() {
  return ask<Communities>("/api/v1/communities");
}

/** Fills an empty feed with sample memes. */
export function addSamples() {
  return ask<Demo>("/api/v1/demo", { method: "POST" });
}

/** The route of a post: its id holds colons and slashes. */
export function routeOf(id: string): string {
  return `/api/v1/posts/${encodeURIComponent(id)}`;
}
