import { type Dispatch, useCallback, useEffect, useRef } from "react";
import { listenToFeed } from "../../api/events";
import { fetchFeed, fetchPost } from "../../api/posts";
import { createQueue } from "../../api/queue";
import type { Post } from "../../api/types";
import type { Change } from "./feed";
import { queryOf, requestOf } from "./query";

const AT_ONCE = 4;
const LOOK_EVERY = 1500;

/**
 * Follows what happens in the feed: looks for new posts of the query when there are any, and fetches posts on
 * show anew when they have been scored. Gives a function that looks at once.
 */
export function useNews(key: string, posts: Post[], change: Dispatch<Change>): () => void {
  const shown = useRef(posts);
  shown.current = posts;
  const queue = useRef(createQueue(AT_ONCE));

  const look = useCallback(() => {
    fetchFeed(requestOf(queryOf(key)), null).then(
      (page) => change({ type: "looked", key, page }),
      // The next news brings the next look.
      () => {},
    );
  }, [key, change]);

  const latestLook = useRef(look);
  latestLook.current = look;

  useEffect(() => {
    let timer: number | undefined;
    const underWay = new Set<string>();

    // A scrape brings news by the dozen; one look serves them all.
    const lookSoon = () => {
      timer ??= window.setTimeout(() => {
        timer = undefined;
        latestLook.current();
      }, LOOK_EVERY);
    };
    const renew = (id: string) => {
      if (underWay.has(id) || !shown.current.some((post) => post.id === id)) return;
      underWay.add(id);
      queue.current(async () => {
        underWay.delete(id);
        try {
          const { post } = await fetchPost(id);
          change({ type: "renewed", post });
        } catch {
          // The card stays as it was.
        }
      });
    };
    const stop = listenToFeed({
      onNews: (news) => {
        if (news.new.length > 0) lookSoon();
        news.scored.forEach(renew);
      },
      onBack: lookSoon,
    });
    return () => {
      window.clearTimeout(timer);
      stop();
    };
  }, [change]);

  return look;
}
