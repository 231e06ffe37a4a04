import { expect, test } from "vitest";
import type { FeedPage, Post } from "../../api/types";
import { blankFeed, type Change, changed, type Feed, newIn } from "./feed";

const post = (id: string, score = 0) => ({ id, score, votes: { dank: 0, not_dank: 0, mine: null } }) as Post;
const page = (ids: string, next: string | null = null): FeedPage => ({
  posts: [...ids].map((id) => post(id)),
  next,
});
const ids = (feed: Feed) => feed.posts.map(({ id }) => id).join("");
const after = (...changes: Change[]) => changes.reduce(changed, blankFeed("k"));
const first: Change = { type: "answered", key: "k", page: page("def", "2") };

test("the next page follows without repeating what has moved onto it meanwhile", () => {
  const feed = after(
    first,
    { type: "asked more" },
    { type: "answered more", key: "k", page: page("fgh", "3") },
  );
  expect(ids(feed)).toBe("defgh");
  expect(feed.next).toBe("3");
  expect(feed.more).toBe("idle");
});

test("new posts are announced and only come in when they are asked for", () => {
  const announced = after(first, { type: "looked", key: "k", page: page("bcde", "2b") });
  expect(ids(announced)).toBe("def");
  expect(announced.newer && newIn(announced.posts, announced.newer)).toBe(2);
  const shown = changed(announced, { type: "shown newer" });
  expect(ids(shown)).toBe("bcdef");
  expect(shown.next).toBe("2");
  expect(shown.newer).toBeNull();
});

test("where more came in than a page holds, the feed begins anew and leaves no gap", () => {
  const shown = after(first, { type: "looked", key: "k", page: page("abc", "1b") }, { type: "shown newer" });
  expect(ids(shown)).toBe("abc");
  expect(shown.next).toBe("1b");
});

test("an older post that moved up because another one went is not new", () => {
  expect(newIn(page("def").posts, page("dfg"))).toBe(0);
  expect(after(first, { type: "looked", key: "k", page: page("dfg") }).newer).toBeNull();
});

test("an empty feed takes what comes at once", () => {
  const empty = after({ type: "answered", key: "k", page: page("") });
  expect(ids(changed(empty, { type: "looked", key: "k", page: page("ab") }))).toBe("ab");
});

test("answers to an earlier query are ignored", () => {
  const feed = after(first, { type: "asked", key: "other" });
  expect(changed(feed, first)).toBe(feed);
  expect(changed(feed, { type: "failed more", key: "k" })).toBe(feed);
  expect(ids(feed)).toBe("def");
});

test("a forecast that comes in and a vote change their post alone", () => {
  const feed = after(first);
  const renewed = changed(feed, { type: "renewed", post: post("e", 7) });
  expect(renewed.posts.map(({ score }) => score)).toEqual([0, 7, 0]);
  expect(renewed.posts[0]).toBe(feed.posts[0]);
  const voted = changed(feed, { type: "voted", id: "f", votes: { dank: 1, not_dank: 0, mine: "dank" } });
  expect(voted.posts[2]?.votes.mine).toBe("dank");
});
