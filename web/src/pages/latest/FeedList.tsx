import { Button, VisuallyHidden } from "@mantine/core";
import { type RefObject, useRef } from "react";
import { ProblemNote } from "../../components/ProblemNote";
import { PostCard } from "../../posts/PostCard";
import { EmptyFeed } from "./EmptyFeed";
import styles from "./LatestPage.module.css";
import { MorePosts } from "./MorePosts";
import { NewMemes } from "./NewMemes";
import { EVERYTHING, type FeedQuery, narrows } from "./query";
import { Skeletons } from "./Skeletons";
import type { useFeed } from "./useFeed";
import { useReturn } from "./useReturn";

type Props = {
  query: FeedQuery;
  live: ReturnType<typeof useFeed>;
  list: RefObject<HTMLUListElement | null>;
  onChange: (change: Partial<FeedQuery>) => void;
};

/** The posts of the feed, or what there is to say in their place. */
export function FeedList({ query, live, list, onChange }: Props) {
  const { feed, newCount } = live;
  const heard = useRef<HTMLDivElement>(null);
  const loading = feed.state === "loading";
  useReturn(list);

  function showNewer() {
    live.showNewer();
    // The button goes away with its click: the focus goes to what it brought.
    requestAnimationFrame(() => {
      const first = list.current?.querySelector("article");
      first?.focus({ preventScroll: true });
      heard.current?.scrollIntoView({ block: "start" });
    });
  }

  return (
    <div ref={heard} className={styles.results}>
      <VisuallyHidden role="status">{spoken(live, query)}</VisuallyHidden>
      {newCount > 0 && <NewMemes count={newCount} onShow={showNewer} />}
      {feed.problem && <ProblemNote problem={feed.problem} onRetry={live.retry} heading="h2" />}
      {loading && feed.posts.length === 0 && <Skeletons />}
      {feed.state === "ready" && feed.posts.length === 0 && !narrows(query) && (
        <EmptyFeed onLook={live.look} />
      )}
      {feed.state === "ready" && feed.posts.length === 0 && narrows(query) && (
        <div className={styles.none} data-testid="none">
          <h2>No meme fits</h2>
          <p>Nothing in the feed matches what you asked for. Yet.</p>
          <Button
            data-tone="loud"
            onClick={() => onChange({ ...EVERYTHING, sort: query.sort, model: query.model })}
          >
            Clear filters
          </Button>
        </div>
      )}
      <ul
        ref={list}
        className={styles.list}
        aria-label="Memes"
        aria-busy={loading}
        hidden={feed.posts.length === 0}
      >
        {feed.posts.map((post) => (
          <li key={post.id}>
            <PostCard post={post} onVotes={live.setVotes} />
          </li>
        ))}
      </ul>
      {feed.posts.length > 0 && !loading && <MorePosts feed={feed} onMore={live.loadMore} />}
    </div>
  );
}

function spoken({ feed }: ReturnType<typeof useFeed>, query: FeedQuery): string {
  if (feed.state === "loading") return "Loading memes.";
  if (feed.state === "failed" || feed.posts.length === 0) return "";
  const order = query.sort === "newest" ? "newest first" : `ordered by ${query.sort}`;
  return `${feed.posts.length} memes, ${order}${feed.next === null ? "" : ", more below"}.`;
}
