import { useCallback, useEffect, useRef, useState } from "react";
import { problemIn } from "../../api/problem";
import type { Problem } from "../../api/types";

export type Answer<T> = { answer: T | null; problem: Problem | null; reload: () => void };

/**
 * What `fetcher` answers; `reload` asks again and keeps what is shown until the new answer is there. With
 * `seconds`, it is asked again that long after each answer, as long as the page can be seen.
 */
export function useAnswer<T>(fetcher: (signal: AbortSignal) => Promise<T>, seconds?: number): Answer<T> {
  const [answer, setAnswer] = useState<T | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const asking = useRef<AbortController | null>(null);
  const [turn, setTurn] = useState(0);

  const reload = useCallback(() => {
    asking.current?.abort();
    const abort = new AbortController();
    asking.current = abort;
    fetcher(abort.signal)
      .then(
        (it) => {
          setAnswer(it);
          setProblem(null);
        },
        (thrown) => {
          if (!abort.signal.aborted) setProblem(problemIn(thrown));
        },
      )
      .finally(() => {
        if (!abort.signal.aborted) setTurn((count) => count + 1);
      });
  }, [fetcher]);

  useEffect(() => {
    reload();
    return () => asking.current?.abort();
  }, [reload]);

  useEffect(() => {
    if (seconds === undefined || turn === 0) return;
    const look = () => {
      if (!document.hidden) reload();
    };
    const timer = window.setTimeout(look, seconds * 1000);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [turn, seconds, reload]);

  return { answer, problem, reload };
}
