import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { Feed } from "./feed";
import styles from "./LatestPage.module.css";

type Props = { feed: Feed; onMore: () => void };

/** The end of the list: more posts come as it nears, or on a click. */
export function MorePosts({ feed, onMore }: Props) {
  const end = useRef<HTMLDivElement>(null);
  const waits = feed.next !== null && feed.more === "idle" && feed.state === "ready";

  useEffect(() => {
    const mark = end.current;
    if (!waits || !mark) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) onMore();
      },
      { rootMargin: "0px 0px 900px 0px" },
    );
    observer.observe(mark);
    return () => observer.disconnect();
  }, [waits, onMore]);

  if (feed.next === null) return <p className={styles.end}>That was all of them. Go outside, or make one.</p>;
  return (
    <div ref={end} className={styles.end}>
      {feed.more === "failed" && <p role="alert">The next memes did not arrive.</p>}
      <Button
        size="md"
        aria-disabled={feed.more === "loading"}
        data-testid="more"
        onClick={() => {
          if (feed.more !== "loading") onMore();
        }}
      >
        {feed.more === "loading" ? "Loading…" : feed.more === "failed" ? "Try again" : "Load more"}
      </Button>
    </div>
  );
}
