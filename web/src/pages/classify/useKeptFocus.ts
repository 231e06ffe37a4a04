import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";

/** Keeps the focus on what had it inside `root` when a new ranking moves it: a moved node loses its focus. */
export function useKeptFocus(root: RefObject<HTMLElement | null>): void {
  const last = useRef<HTMLElement | null>(null);

  useEffect(() => {
    const remember = (event: FocusEvent) => {
      const target = event.target;
      last.current = target instanceof HTMLElement && root.current?.contains(target) ? target : null;
    };
    const forget = () => {
      last.current = null;
    };
    document.addEventListener("focusin", remember);
    document.addEventListener("pointerdown", forget);
    return () => {
      document.removeEventListener("focusin", remember);
      document.removeEventListener("pointerdown", forget);
    };
  }, [root]);

  useLayoutEffect(() => {
    if (document.activeElement === document.body && last.current?.isConnected) {
      last.current.focus({ preventScroll: true });
    }
  });
}
