import { useCallback, useRef, useState } from "react";
import { problemIn } from "../../api/problem";
import type { Problem } from "../../api/types";

/** One action at a time: whether it is under way, and what kept the last one from being done, until `forget`. */
export function useDoing() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const doing = useRef(false);

  /** Does `work`, then `done` with its answer; does nothing while something is under way. */
  const run = useCallback(async <T>(work: () => Promise<T>, done: (answer: T) => void) => {
    if (doing.current) return;
    doing.current = true;
    setBusy(true);
    setProblem(null);
    try {
      done(await work());
    } catch (thrown) {
      setProblem(problemIn(thrown));
    } finally {
      doing.current = false;
      setBusy(false);
    }
  }, []);

  const forget = useCallback(() => setProblem(null), []);
  return { busy, problem, run, forget };
}
