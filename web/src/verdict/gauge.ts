/** A point of a half-circle gauge: 0 is its left end, 1 its right end, y grows downwards. */
export type Point = { x: number; y: number };

export function pointAt(fraction: number, radius: number, centre: Point): Point {
  const angle = angleAt(fraction);
  return { x: centre.x + radius * Math.cos(angle), y: centre.y + radius * Math.sin(angle) };
}

/** The canvas angle of a fraction: π (left) over 3π/2 (top) to 2π (right). */
export function angleAt(fraction: number): number {
  return Math.PI * (1 + Math.min(1, Math.max(0, fraction)));
}

/** The SVG path of the arc from one fraction to another. */
export function arcPath(from: number, to: number, radius: number, centre: Point): string {
  const start = pointAt(from, radius, centre);
  const end = pointAt(to, radius, centre);
  return `M${round(start)}A${radius} ${radius} 0 0 1 ${round(end)}`;
}

function round({ x, y }: Point): string {
  return `${x.toFixed(2)} ${y.toFixed(2)}`;
}
