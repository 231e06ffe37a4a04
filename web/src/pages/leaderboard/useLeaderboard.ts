import { useCallback, useEffect, useRef, useState } from "react";
import { fetchLeaderboard } from "../../api/leaderboard";
import { problemIn } from "../../api/problem";
import type { Leaderboard, Problem } from "../../api/types";

/** Two pages as one; what has moved from the first onto the second meanwhile is told once. */
export function joined(shown: Leaderboard, page: Leaderboard): Leaderboard {
  const known = new Set(shown.memes.map(({ post }) => post.id));
  return { ...page, memes: [...shown.memes, ...page.memes.filter(({ post }) => !known.has(post.id))] };
}

/** The leaderboard, a page after the other. */
export function useLeaderboard() {
  const [board, setBoard] = useState<Leaderboard | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const leaving = useRef(new AbortController());

  const load = useCallback(async (shown: Leaderboard | null) => {
    const { signal } = leaving.current;
    setBusy(true);
    setProblem(null);
    try {
      const page = await fetchLeaderboard(shown?.next ?? 0, signal);
      if (!signal.aborted) setBoard(shown ? joined(shown, page) : page);
    } catch (thrown) {
      if (!signal.aborted) setProblem(problemIn(thrown));
    } finally {
      if (!signal.aborted) setBusy(false);
    }
  }, []);

  useEffect(() => {
    leaving.current = new AbortController();
    load(null);
    return () => leaving.current.abort();
  }, [load]);

  return { board, problem, busy, more: () => load(board) };
}
