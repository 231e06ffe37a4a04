import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { ModelCard } from "../../api/types";
import { Announcer } from "./Announcer";
import { MemeCard } from "./MemeCard";
import type { Meme } from "./memes/meme";
import { ranked } from "./memes/rank";
import styles from "./Results.module.css";
import { useKeptFocus } from "./useKeptFocus";

type Props = {
  memes: Meme[];
  card: ModelCard | null;
  onAsk: (meme: Meme, caption?: string) => void;
  onRemove: (meme: Meme) => void;
  onClear: () => void;
};

/** The memes on trial, best first. */
export function Results({ memes, card, onAsk, onRemove, onClear }: Props) {
  const section = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const order = ranked(memes);
  const judged = order.filter(({ rank }) => rank !== null).length;
  useKeptFocus(section);
  useScrollToNew(section, memes);

  return (
    <section
      ref={section}
      className={styles.results}
      aria-labelledby="results-title"
      hidden={memes.length === 0}
    >
      <Announcer memes={memes} />
      <div className={styles.head}>
        <h2 id="results-title" ref={heading} tabIndex={-1}>
          {memes.length > 1 ? `The ranking (${judged} of ${memes.length} judged)` : "The verdict"}
        </h2>
        {memes.length > 1 && (
          <Button size="sm" onClick={onClear} data-testid="clear">
            Clear all
          </Button>
        )}
      </div>
      <ol className={styles.list}>
        {order.map(({ meme, rank }) => (
          <li key={meme.id}>
            <MemeCard
              meme={meme}
              card={card}
              rank={memes.length > 1 ? rank : null}
              onAsk={(caption) => onAsk(meme, caption)}
              onRemove={() => {
                onRemove(meme);
                heading.current?.focus({ preventScroll: true });
              }}
            />
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Brings the results into view when memes were added below the fold. */
function useScrollToNew(section: React.RefObject<HTMLElement | null>, memes: Meme[]): void {
  const newest = memes.at(-1)?.id ?? 0;
  const seen = useRef(newest);
  useEffect(() => {
    if (newest > seen.current) section.current?.scrollIntoView({ block: "start" });
    seen.current = Math.max(seen.current, newest);
  }, [newest, section]);
}
