import { type PointerEvent, useRef, useState } from "react";
import type { Side } from "./side";
import { type Drag, isSideways, leanOf, sideOfSwipe } from "./swipe";

type Start = { x: number; y: number; at: number; id: number };

/**
 * Swipes by finger or pen: the handlers for the element, how far the drag leans (-1 left to 1 right), and
 * whether the click that follows belongs to a swipe and is to be ignored.
 */
export function useSwipe(onSwipe: (side: Side) => void) {
  const [lean, setLean] = useState(0);
  const start = useRef<Start | null>(null);
  const swiped = useRef(false);

  function dragOf(event: PointerEvent): Drag | null {
    const from = start.current;
    if (!from || from.id !== event.pointerId) return null;
    return { x: event.clientX - from.x, y: event.clientY - from.y, milliseconds: event.timeStamp - from.at };
  }

  function drop() {
    start.current = null;
    setLean(0);
  }

  const handlers = {
    onPointerDown(event: PointerEvent) {
      swiped.current = false;
      if (event.pointerType === "mouse" || !event.isPrimary) return;
      start.current = { x: event.clientX, y: event.clientY, at: event.timeStamp, id: event.pointerId };
    },
    onPointerMove(event: PointerEvent) {
      const drag = dragOf(event);
      if (!drag) return;
      if (isSideways(drag)) swiped.current = true;
      setLean(leanOf(drag));
    },
    onPointerUp(event: PointerEvent) {
      const drag = dragOf(event);
      const side = drag && sideOfSwipe(drag);
      drop();
      if (side) onSwipe(side);
    },
    // The browser takes the finger over for scrolling.
    onPointerCancel: drop,
    onClickCapture(event: { stopPropagation: () => void; preventDefault: () => void }) {
      if (!swiped.current) return;
      swiped.current = false;
      event.stopPropagation();
      event.preventDefault();
    },
  };
  return { lean, handlers };
}
