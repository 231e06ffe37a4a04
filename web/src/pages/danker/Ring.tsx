import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Pair } from "../../api/types";
import { Contender } from "./Contender";
import styles from "./Ring.module.css";
import { answerOfKey, SIDES, type Side, type Winner } from "./side";
import { useSwipe } from "./useSwipe";

type Props = { pair: Pair; onAnswer: (winner: Winner) => void };

/** The ring: both memes, and the ways to answer. What is blurred has to be looked at before one of them is picked. */
export function Ring({ pair, onAnswer }: Props) {
  const [shown, setShown] = useState<readonly string[]>([]);
  const [refused, setRefused] = useState<Pair | null>(null);
  const buttons = useRef<Partial<Record<Side, HTMLButtonElement | null>>>({});
  const veiled = (side: Side) => pair[side].nsfw && !shown.includes(pair[side].id);

  function answer(winner: Winner) {
    if (winner && SIDES.some(veiled)) setRefused(pair);
    else onAnswer(winner);
  }

  function reveal(side: Side) {
    setShown((before) => [...before, pair[side].id]);
    setRefused(null);
    // The button that had the focus goes away with the blur.
    buttons.current[side]?.focus({ preventScroll: true });
  }

  const { lean, handlers } = useSwipe(answer);
  useAnswerKeys(answer);

  return (
    <section aria-label="The pair" className={styles.ring} data-testid="ring">
      <div className={styles.pair} {...handlers}>
        {SIDES.map((side) => (
          <Contender
            key={side}
            post={pair[side]}
            side={side}
            lean={side === "left" ? -lean : lean}
            veiled={veiled(side)}
            button={(element) => {
              buttons.current[side] = element;
            }}
            onReveal={() => reveal(side)}
            onPick={() => answer(side)}
          />
        ))}
        <span className={styles.versus} aria-hidden="true">
          vs
        </span>
      </div>
      <Button className={styles.neither ?? ""} onClick={() => answer(null)} data-testid="neither">
        Neither, next pair
      </Button>
      <p role="status" className={styles.refused}>
        {refused === pair && "One of them is still covered. Have a look first, or skip the pair."}
      </p>
    </section>
  );
}

const ELSEWHERE = "header, footer, nav, input, textarea, select, dialog";

function useAnswerKeys(answer: (winner: Winner) => void) {
  const latest = useRef(answer);
  useEffect(() => {
    latest.current = answer;
  });

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      const answered = answerOfKey(event);
      if (answered === undefined || event.defaultPrevented || target?.closest(ELSEWHERE)) return;
      event.preventDefault();
      latest.current(answered);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
