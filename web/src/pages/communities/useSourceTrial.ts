import { useCallback, useEffect, useRef, useState } from "react";
import { trySource } from "../../api/communities";
import { problemIn } from "../../api/problem";
import type { Problem, Trial, TrialRequest } from "../../api/types";

export type SourceTrial =
  | { state: "idle" }
  | { state: "trying" }
  | { state: "answered"; answer: Trial }
  | { state: "failed"; problem: Problem };

const IDLE: SourceTrial = { state: "idle" };

/** Tries a source out, before it is added: the newest trial counts, and `forget` drops what it said. */
export function useSourceTrial() {
  const [trial, setTrial] = useState<SourceTrial>(IDLE);
  const asking = useRef<AbortController | null>(null);

  const forget = useCallback(() => {
    asking.current?.abort();
    setTrial(IDLE);
  }, []);

  const attempt = useCallback((request: TrialRequest) => {
    asking.current?.abort();
    const abort = new AbortController();
    asking.current = abort;
    setTrial({ state: "trying" });
    trySource(request, abort.signal).then(
      (answer) => setTrial({ state: "answered", answer }),
      (thrown) => {
        if (!abort.signal.aborted) setTrial({ state: "failed", problem: problemIn(thrown) });
      },
    );
  }, []);

  useEffect(() => () => asking.current?.abort(), []);
  return { trial, attempt, forget };
}
