import { useCallback, useEffect, useState } from "react";
import { listenToFeed } from "../../api/events";
import { fetchPost } from "../../api/posts";
import { problemIn } from "../../api/problem";
import type { Post, PostPage, Problem } from "../../api/types";
import { renewKept } from "../latest/kept";

/** A post's page, fetched anew when the post is scored; `change` brings in what was done to the post here. */
export function usePost(id: string) {
  const [page, setPage] = useState<PostPage | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks again.
  useEffect(() => {
    const abort = new AbortController();
    fetchPost(id, abort.signal).then(
      (answer) => {
        setPage(answer);
        setProblem(null);
        renewKept(answer.post);
      },
      (thrown) => {
        if (!abort.signal.aborted) setProblem(problemIn(thrown));
      },
    );
    return () => abort.abort();
  }, [id, attempt]);

  const reload = useCallback(() => setAttempt((count) => count + 1), []);

  useEffect(() => {
    return listenToFeed({
      onNews: ({ scored }) => {
        if (scored.includes(id)) reload();
      },
      onBack: reload,
    });
  }, [id, reload]);

  const change = useCallback((part: Partial<Post>) => {
    setPage((before) => {
      if (!before) return before;
      const post = { ...before.post, ...part };
      renewKept(post);
      return { ...before, post };
    });
  }, []);

  return { page, problem, reload, change };
}
