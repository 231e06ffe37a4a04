import type { Post } from "../../api/types";
import type { Feed } from "./feed";

let kept: Feed | null = null;

/** Keeps the feed for the way back from a post to it. */
export function keepFeed(feed: Feed): void {
  kept = feed;
}

/** The feed of this query, if it was the last one on show. */
export function keptFeed(key: string): Feed | null {
  if (kept?.key !== key || kept.state !== "ready") return null;
  return { ...kept, more: "idle" };
}

/** Brings a post of the kept feed up to date. */
export function renewKept(post: Post): void {
  if (kept) kept = { ...kept, posts: kept.posts.map((each) => (each.id === post.id ? post : each)) };
}

/** Takes a post that is gone out of the kept feed. */
export function forgetKept(id: string): void {
  if (kept) kept = { ...kept, posts: kept.posts.filter((each) => each.id !== id) };
}
