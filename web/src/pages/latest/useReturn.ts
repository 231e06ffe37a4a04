import { type RefObject, useEffect, useLayoutEffect } from "react";
import { latestArrival } from "../../shell/arrivals";

let opened: string | null = null;

/** On the way back from a post the focus returns to its card. */
export function useReturn(list: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    if (!opened || !latestArrival()?.back) return;
    const card = list.current?.querySelector<HTMLElement>(`[data-post="${CSS.escape(opened)}"]`);
    card?.focus({ preventScroll: true });
  }, [list]);

  useEffect(() => {
    const root = list.current;
    const remember = ({ target }: Event) => {
      const card = target instanceof Element ? target.closest<HTMLElement>("[data-post]") : null;
      opened = card?.dataset.post ?? null;
    };
    root?.addEventListener("click", remember);
    return () => root?.removeEventListener("click", remember);
  }, [list]);
}
