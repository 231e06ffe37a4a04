import { classify, type Source } from "../../../api/classify";
import { problemIn } from "../../../api/problem";
import { createQueue } from "../../../api/queue";
import { nameOfLink } from "./links";
import { type Change, changed, type Meme } from "./meme";

const AT_ONCE = 2;

let memes: Meme[] = [];
let lastId = 0;
const queue = createQueue(AT_ONCE);
const running = new Map<number, AbortController>();
const listeners = new Set<() => void>();

/** The memes on trial. They outlive the page that shows them: a look at another page costs no verdict. */
export function memesOnTrial(): Meme[] {
  return memes;
}

/** Calls `listener` after each change, until the function that comes back is called. */
export function listenToTrial(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Puts memes on trial. */
export function add(sources: Source[]): void {
  const added = sources.map((source) => newMeme(++lastId, source));
  change({ type: "added", memes: added });
  for (const meme of added) ask(meme);
}

/** Asks for a verdict on a meme (again), with `caption` in place of the one that it has. */
export function ask(meme: Meme, caption?: string): void {
  running.get(meme.id)?.abort();
  const abort = new AbortController();
  running.set(meme.id, abort);
  change({ type: "asked", id: meme.id, caption });
  queue(async () => {
    if (abort.signal.aborted) return;
    try {
      const answer = await classify(meme.source, caption ?? meme.caption, abort.signal);
      change({ type: "answered", id: meme.id, answer });
    } catch (thrown) {
      if (!abort.signal.aborted) change({ type: "failed", id: meme.id, problem: problemIn(thrown) });
    }
  });
}

/** Takes a meme off the page, whatever is under way with it. */
export function remove(meme: Meme): void {
  running.get(meme.id)?.abort();
  running.delete(meme.id);
  if (meme.source.kind === "file") URL.revokeObjectURL(meme.preview);
  change({ type: "removed", id: meme.id });
}

export function clear(): void {
  memes.forEach(remove);
}

function change(what: Change): void {
  memes = changed(memes, what);
  for (const listener of listeners) listener();
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
