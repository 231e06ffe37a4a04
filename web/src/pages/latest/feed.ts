import type { FeedPage, Post, Problem, Votes } from "../../api/types";

/** The feed on the page: what has come so far of the query `key`. */
export type Feed = {
  key: string;
  state: "loading" | "ready" | "failed";
  problem: Problem | null;
  posts: Post[];
  /** Where the next page begins; null at the end. */
  next: string | null;
  more: "idle" | "loading" | "failed";
  /** A newer first page with posts that are not shown yet. */
  newer: FeedPage | null;
};

export type Change =
  | { type: "asked"; key: string }
  | { type: "answered"; key: string; page: FeedPage }
  | { type: "failed"; key: string; problem: Problem }
  | { type: "asked more" }
  | { type: "answered more"; key: string; page: FeedPage }
  | { type: "failed more"; key: string }
  | { type: "looked"; key: string; page: FeedPage }
  | { type: "shown newer" }
  | { type: "renewed"; post: Post }
  | { type: "voted"; id: string; votes: Votes };

/** A feed that has not been asked for. */
export function blankFeed(key: string): Feed {
  return { key, state: "loading", problem: null, posts: [], next: null, more: "idle", newer: null };
}

/** The feed after a change; answers to a query that has been replaced by another change nothing. */
export function changed(feed: Feed, change: Change): Feed {
  if ("key" in change && change.type !== "asked" && change.key !== feed.key) return feed;
  switch (change.type) {
    case "asked":
      return { ...blankFeed(change.key), posts: feed.posts };
    case "answered":
      return { ...blankFeed(feed.key), state: "ready", posts: change.page.posts, next: change.page.next };
    case "failed":
      return { ...blankFeed(feed.key), state: "failed", problem: change.problem };
    case "asked more":
      return { ...feed, more: "loading" };
    case "answered more":
      return { ...feed, more: "idle", posts: joined(feed.posts, change.page.posts), next: change.page.next };
    case "failed more":
      return { ...feed, more: "failed" };
    case "looked":
      return looked(feed, change.page);
    case "shown newer":
      return feed.newer ? { ...withNewer(feed, feed.newer), newer: null } : feed;
    case "renewed":
      return patched(feed, change.post.id, () => change.post);
    case "voted":
      return patched(feed, change.id, (post) => ({ ...post, votes: change.votes }));
  }
}

/** How many posts of a newer first page are new: those before the last one that is known. */
export function newIn(posts: readonly Post[], page: FeedPage): number {
  const known = new Set(posts.map(({ id }) => id));
  const last = page.posts.findLastIndex(({ id }) => known.has(id));
  const leading = last < 0 ? page.posts : page.posts.slice(0, last);
  return leading.filter(({ id }) => !known.has(id)).length;
}

/** Two runs of posts as one: a post that is in both stays where it was, as it is now. */
function joined(posts: Post[], following: Post[]): Post[] {
  const now = new Map(following.map((post) => [post.id, post]));
  const before = new Set(posts.map(({ id }) => id));
  return [...posts.map((post) => now.get(post.id) ?? post), ...following.filter(({ id }) => !before.has(id))];
}

function looked(feed: Feed, page: FeedPage): Feed {
  if (feed.state !== "ready") return feed;
  if (feed.posts.length === 0) return { ...feed, posts: page.posts, next: page.next };
  return { ...feed, newer: newIn(feed.posts, page) > 0 ? page : null };
}

/** Where nothing of the newer page is known there may be posts between the two: then the feed begins anew. */
function withNewer(feed: Feed, page: FeedPage): Feed {
  const fresh = new Set(page.posts.map(({ id }) => id));
  const rest = feed.posts.filter(({ id }) => !fresh.has(id));
  if (rest.length === feed.posts.length) return { ...feed, posts: page.posts, next: page.next, more: "idle" };
  return { ...feed, posts: [...page.posts, ...rest] };
}

function patched(feed: Feed, id: string, patch: (post: Post) => Post): Feed {
  return { ...feed, posts: feed.posts.map((post) => (post.id === id ? patch(post) : post)) };
}
