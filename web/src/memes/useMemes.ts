import { useCallback, useEffect, useReducer, useRef } from "react";
import { classify, type Source } from "../api/client";
import { problemIn } from "../api/problem";
import { nameOfLink } from "./links";
import { changed, type Meme } from "./meme";
import { createQueue } from "./queue";

const AT_ONCE = 2;

/** The memes on the page and everything that can be done to them. */
export function useMemes() {
  const [memes, change] = useReducer(changed, []);
  const queue = useRef(createQueue(AT_ONCE));
  const lastId = useRef(0);
  const running = useRef(new Map<number, AbortController>());

  const ask = useCallback((meme: Meme, caption?: string) => {
    running.current.get(meme.id)?.abort();
    const abort = new AbortController();
    running.current.set(meme.id, abort);
    change({ type: "asked", id: meme.id, caption });
    queue.current(async () => {
      if (abort.signal.aborted) return;
      try {
        const answer = await classify(meme.source, caption ?? meme.caption, abort.signal);
        change({ type: "answered", id: meme.id, answer });
      } catch (thrown) {
        if (!abort.signal.aborted) change({ type: "failed", id: meme.id, problem: problemIn(thrown) });
      }
    });
  }, []);

  const add = useCallback(
    (sources: Source[]) => {
      const added = sources.map((source) => newMeme(++lastId.current, source));
      change({ type: "added", memes: added });
      for (const meme of added) ask(meme);
    },
    [ask],
  );

  const remove = useCallback((meme: Meme) => {
    running.current.get(meme.id)?.abort();
    running.current.delete(meme.id);
    if (meme.source.kind === "file") URL.revokeObjectURL(meme.preview);
    change({ type: "removed", id: meme.id });
  }, []);

  const clear = useCallback(() => memes.forEach(remove), [memes, remove]);

  useEffect(() => {
    const controllers = running.current;
    return () => {
      for (const abort of controllers.values()) abort.abort();
    };
  }, []);

  return { memes, add, ask, remove, clear };
}

function newMeme(id: number, source: Source): Meme {
  const file = source.kind === "file";
  return {
    id,
    source,
    name: file ? source.file.name || "pasted picture" : nameOfLink(source.url),
    preview: file ? URL.createObjectURL(source.file) : source.url,
    pending: true,
    answer: null,
    problem: null,
  };
}
