import { useCallback, useEffect, useRef, useState } from "react";
import { fetchPair, judgePair } from "../../api/pairs";
import { problemIn } from "../../api/problem";
import type { Pair, PairRequest, Problem } from "../../api/types";
import { samePair } from "./opinion";
import { pictureOf } from "./picture";
import { SIDES, type Winner } from "./side";

/** A pair, and what the person said of it. */
export type Round = { pair: Pair; winner: Winner };

/** The pairs one after the other: the next one is fetched, pictures and all, while this one is looked at. */
export function usePairs() {
  const [pair, setPair] = useState<Pair | null>(null);
  const [last, setLast] = useState<Round | null>(null);
  const [answered, setAnswered] = useState(0);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [unkept, setUnkept] = useState<PairRequest | null>(null);
  const following = useRef<Promise<Pair | null> | null>(null);
  const leaving = useRef(new AbortController());
  const busy = useRef(false);

  const keep = useCallback(async (request: PairRequest) => {
    setUnkept(null);
    try {
      const kept = await judgePair(request);
      setAnswered(kept.answered);
    } catch {
      setUnkept(request);
    }
  }, []);

  const show = useCallback(async (ready: Promise<Pair | null>, judged: Pair | null) => {
    const { signal } = leaving.current;
    busy.current = true;
    setProblem(null);
    try {
      const found = await ready;
      const fresh = found && !(judged && samePair(found, judged)) ? found : await fetchPair(signal);
      if (signal.aborted) return;
      setPair(fresh);
      if (!judged) setAnswered(fresh.answered);
      following.current = fetched(signal);
    } catch (thrown) {
      if (signal.aborted) return;
      setPair(null);
      setProblem(problemIn(thrown));
    } finally {
      busy.current = false;
    }
  }, []);

  const load = useCallback(() => show(Promise.resolve(null), null), [show]);

  useEffect(() => {
    leaving.current = new AbortController();
    load();
    return () => leaving.current.abort();
  }, [load]);

  const answer = useCallback(
    (winner: Winner) => {
      if (busy.current || !pair) return;
      setLast({ pair, winner });
      const kept = keep({ left: pair.left.id, right: pair.right.id, winner, drawn: pair.drawn });
      const ready = following.current ?? Promise.resolve(null);
      // The server may only offer another pair once it knows of this answer.
      show(
        ready.then(async (found) => (found && !samePair(found, pair) ? found : kept.then(() => null))),
        pair,
      );
    },
    [pair, keep, show],
  );

  return { pair, last, answered, problem, unkept, answer, keep, load };
}

/** A pair whose pictures are on the way; null where there is none: that is told when it is needed. */
async function fetched(signal: AbortSignal): Promise<Pair | null> {
  try {
    const pair = await fetchPair(signal);
    for (const side of SIDES) new Image().src = pictureOf(pair[side]);
    return pair;
  } catch {
    return null;
  }
}
