import { useSyncExternalStore } from "react";

const MINUTE = 60_000;
let minute = Date.now();
let timer: number | undefined;
const listeners = new Set<() => void>();

/** The time in seconds since 1970, which moves on every minute while somebody looks. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => minute) / 1000;
}

function listen(listener: () => void): () => void {
  if (listeners.size === 0) {
    minute = Date.now();
    timer = window.setInterval(tick, MINUTE);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.clearInterval(timer);
  };
}

function tick(): void {
  minute = Date.now();
  for (const listener of listeners) listener();
}
