import type { Side } from "./side";

/** A finger's way since it came down, in pixels, and the time it took. */
export type Drag = { x: number; y: number; milliseconds: number };

const FAR = 80;
const FLICK = 30;
const FLICK_SPEED = 0.5;

/** Whether a drag goes sideways; one that goes up or down is a scroll. */
export function isSideways({ x, y }: Drag): boolean {
  return Math.abs(x) > 8 && Math.abs(x) > Math.abs(y);
}

/** The side that a finished drag picks: the one it went to, far enough or fast enough; null where it was neither. */
export function sideOfSwipe(drag: Drag): Side | null {
  if (!isSideways(drag)) return null;
  const way = Math.abs(drag.x);
  const flicked = way >= FLICK && way / Math.max(1, drag.milliseconds) >= FLICK_SPEED;
  if (way < FAR && !flicked) return null;
  return drag.x < 0 ? "left" : "right";
}

/** How far a drag leans to a side: -1 where it would pick the left one, 1 the right one. */
export function leanOf(drag: Drag): number {
  return isSideways(drag) ? Math.max(-1, Math.min(1, drag.x / FAR)) : 0;
}
