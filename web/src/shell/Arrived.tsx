import { useEffect } from "react";
import { latestArrival } from "./arrivals";
import { focusHeading } from "./focusHeading";

const SITE = "Dank Meme Classifier";

/**
 * Stands beside a page and does what a browser does on loading one: names the tab, scrolls to the top (or to
 * where one was, on the way back) and moves the focus, to the heading unless the page has put it elsewhere.
 */
export function Arrived({ pathname, title }: { pathname: string; title: string }) {
  useEffect(() => {
    document.title = pathname === "/" ? SITE : `${title} · ${SITE}`;
    const arrival = latestArrival();
    if (!arrival) return;
    window.scrollTo({ top: arrival.top, behavior: "instant" });
    focusHeading();
  }, [pathname, title]);

  return null;
}
