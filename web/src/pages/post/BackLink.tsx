import type { MouseEvent } from "react";
import { Link } from "wouter";
import { latestArrival } from "../../shell/arrivals";

/** The way back to where one came from, to the very place; to the feed for those who came from outside. */
export function BackLink() {
  const arrival = latestArrival();
  const inside = arrival !== null && !arrival.back;

  function goBack(event: MouseEvent) {
    event.preventDefault();
    history.back();
  }

  return (
    <Link href="/latest" {...(inside ? { onClick: goBack } : {})}>
      {inside ? "← Back" : "← Latest memes"}
    </Link>
  );
}
