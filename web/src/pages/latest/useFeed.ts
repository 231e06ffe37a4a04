import { useCallback, useEffect, useReducer, useState } from "react";
import { fetchFeed } from "../../api/posts";
import { problemIn } from "../../api/problem";
import type { Votes } from "../../api/types";
import { latestArrival } from "../../shell/arrivals";
import { blankFeed, changed, type Feed, newIn } from "./feed";
import { keepFeed, keptFeed } from "./kept";
import { queryOf, requestOf } from "./query";
import { useNews } from "./useNews";

/** The feed of a query (in the form it has in the address) and all that can be done with it. */
export function useFeed(key: string) {
  const [feed, change] = useReducer(changed, key, feedAtFirst);
  const [attempt, setAttempt] = useState(0);
  const there = feed.key === key && feed.state === "ready";

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks again; a feed that is there is not asked for.
  useEffect(() => {
    if (there) return;
    const abort = new AbortController();
    change({ type: "asked", key });
    fetchFeed(requestOf(queryOf(key)), null, abort.signal).then(
      (page) => change({ type: "answered", key, page }),
      (thrown) => {
        if (!abort.signal.aborted) change({ type: "failed", key, problem: problemIn(thrown) });
      },
    );
    return () => abort.abort();
  }, [key, attempt]);

  useEffect(() => keepFeed(feed), [feed]);

  const loadMore = useCallback(() => {
    change({ type: "asked more" });
    fetchFeed(requestOf(queryOf(feed.key)), feed.next).then(
      (page) => change({ type: "answered more", key: feed.key, page }),
      () => change({ type: "failed more", key: feed.key }),
    );
  }, [feed.key, feed.next]);

  const look = useNews(key, feed.posts, change);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, on the way back to a feed that was kept.
  useEffect(() => {
    if (there) look();
  }, []);

  return {
    feed,
    newCount: feed.newer ? newIn(feed.posts, feed.newer) : 0,
    look,
    loadMore,
    showNewer: useCallback(() => change({ type: "shown newer" }), []),
    retry: useCallback(() => setAttempt((count) => count + 1), []),
    setVotes: useCallback((id: string, votes: Votes) => change({ type: "voted", id, votes }), []),
  };
}

function feedAtFirst(key: string): Feed {
  return (latestArrival()?.back && keptFeed(key)) || blankFeed(key);
}
