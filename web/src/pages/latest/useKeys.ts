import { type RefObject, useEffect } from "react";
import { type Action, actionOf } from "./keys";

type Hear = {
  list: RefObject<HTMLElement | null>;
  search: RefObject<HTMLInputElement | null>;
  on: boolean;
  onKeys: () => void;
};

/** Lets the feed be gone through and voted on with single keys, while they are switched on. */
export function useKeys({ list, search, on, onKeys }: Hear): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const action = actionOf(event, isTyping(event.target));
      if (action && (on || action === "open") && act(action, list.current, event)) event.preventDefault();
    };

    function act(action: Action, root: HTMLElement | null, { target }: KeyboardEvent): boolean {
      const cards = [...(root?.querySelectorAll("article") ?? [])];
      const card = target instanceof Element ? target.closest("article") : null;
      switch (action) {
        case "next":
          return goTo(cards[card ? cards.indexOf(card) + 1 : cards.findIndex(isInView)]);
        case "previous":
          return goTo(cards[card ? cards.indexOf(card) - 1 : cards.findIndex(isInView)]);
        case "dank":
        case "not dank":
          return press(card, `[data-vote="${action}"]`);
        case "open":
          // On a link or a button inside the card the key is theirs.
          return target === card && press(card, "[data-open]");
        case "search":
          search.current?.focus();
          return true;
        case "keys":
          onKeys();
          return true;
      }
    }

    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [list, search, on, onKeys]);
}

function goTo(card: HTMLElement | undefined): boolean {
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "nearest" });
  return true;
}

function press(card: Element | null, selector: string): boolean {
  const button = card?.querySelector<HTMLElement>(selector);
  button?.click();
  return button !== null && button !== undefined;
}

function isInView(card: Element): boolean {
  const { top, bottom } = card.getBoundingClientRect();
  return bottom > 80 && top < window.innerHeight;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}
