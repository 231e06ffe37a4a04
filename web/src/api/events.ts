import { here } from "../place";

/** Ids of posts that are new in the feed, and of posts that have new forecasts. */
export type News = { new: string[]; scored: string[] };

type Hear = { onNews: (news: News) => void; onBack: () => void };

const AGAIN_AFTER = 10_000;

/**
 * Listens to what happens in the feed until the function that comes back is called. `onBack` is called when the
 * line was down and is up again: what happened in between is not told. A hidden tab does not listen, since a
 * browser has only a handful of lines to one server.
 */
export function listenToFeed({ onNews, onBack }: Hear): () => void {
  let stream: EventSource | null = null;
  let timer: number | undefined;
  let missed = false;

  function open() {
    close();
    const line = new EventSource(here("/api/v1/events"));
    stream = line;
    line.addEventListener("posts", (event: MessageEvent<string>) => onNews(JSON.parse(event.data) as News));
    line.addEventListener("open", () => {
      if (missed) onBack();
      missed = false;
    });
    line.addEventListener("error", () => {
      missed = true;
      // A browser gives up for good on an error answer (from a server that restarts, say).
      if (line.readyState === EventSource.CLOSED) timer = window.setTimeout(open, AGAIN_AFTER);
    });
  }

  function close() {
    window.clearTimeout(timer);
    stream?.close();
    stream = null;
  }

  function turn() {
    if (document.hidden) {
      close();
      missed = true;
    } else if (!stream) open();
  }

  turn();
  document.addEventListener("visibilitychange", turn);
  return () => {
    document.removeEventListener("visibilitychange", turn);
    close();
  };
}
