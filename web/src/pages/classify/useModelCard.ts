import { useCallback, useEffect, useState } from "react";
import { fetchModelCard } from "../../api/classify";
import type { ModelCard } from "../../api/types";

export type ModelState = { card: ModelCard | null; failed: boolean; reload: () => void };

/** The bundled model's card, asked for once. */
export function useModelCard(): ModelState {
  const [card, setCard] = useState<ModelCard | null>(null);
  const [failed, setFailed] = useState(false);
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks again.
  useEffect(() => {
    const abort = new AbortController();
    fetchModelCard(abort.signal).then(setCard, () => {
      if (!abort.signal.aborted) setFailed(true);
    });
    return () => abort.abort();
  }, [attempt]);

  const reload = useCallback(() => {
    setFailed(false);
    setAttempt((count) => count + 1);
  }, []);
  return { card, failed, reload };
}
