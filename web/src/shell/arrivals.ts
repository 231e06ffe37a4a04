/** How the page on show was come to: on the way back there is a place on it to return to. */
export type Arrival = { back: boolean; top: number };

const places = new Map<string, number>();
let latest: Arrival | null = null;

/** Begins to remember how far down each page was; to be called once, before the first page is shown. */
export function watchArrivals(): void {
  // The browser would restore the place before the page's content is there.
  history.scrollRestoration = "manual";
  addEventListener("scroll", () => places.set(location.href, scrollY), { passive: true });
  addEventListener("popstate", () => {
    latest = { back: true, top: places.get(location.href) ?? 0 };
  });
  // The router sends these events.
  for (const kind of ["pushState", "replaceState"]) {
    addEventListener(kind, () => {
      latest = { back: false, top: 0 };
    });
  }
}

/** How the page on show was come to; null for the first one, which the browser has seen to. */
export function latestArrival(): Arrival | null {
  return latest;
}
