import type { ScheduleRequest } from "../../api/types";

export type SourceName = ScheduleRequest["source"];
export type Listing = ScheduleRequest["sort"];

/** A source on offer: what it takes, and how its places are written. */
export type Offer = {
  source: SourceName;
  name: string;
  what: string;
  label: string;
  example: string;
  listings: readonly Listing[];
};

const ALL: readonly Listing[] = ["new", "hot", "top", "rising"];

export const OFFERS: readonly Offer[] = [
  {
    source: "lemmy",
    name: "Lemmy",
    what: "A community on any Lemmy instance. Needs nothing else, and knows scores: the ledger fills by itself.",
    label: "Community",
    example: "memes@lemmy.ml",
    listings: ALL,
  },
  {
    source: "reddit",
    name: "Reddit",
    what: "A subreddit. Reddit answers only apps: set DANK_REDDIT_CLIENT_ID and DANK_REDDIT_CLIENT_SECRET in the environment of the server first.",
    label: "Subreddit",
    example: "dankmemes",
    listings: ALL,
  },
  {
    source: "feed",
    name: "RSS or Atom feed",
    what: "Any feed with pictures. Needs its address only. Feeds know no scores, so the ledger learns nothing from them.",
    label: "Address of the feed",
    example: "https://example.com/memes.rss",
    listings: ["new"],
  },
];

export const FIRST_OFFER = OFFERS[0] as Offer;

/** The offer of a source; the first one where there is none. */
export function offerOf(source: string): Offer {
  return OFFERS.find((offer) => offer.source === source) ?? FIRST_OFFER;
}

/** What is wrong with a typed place at first sight; null where nothing is: the server knows the rest. */
export function whereFault(source: SourceName, text: string): string | null {
  const where = text.trim();
  const { label, example } = offerOf(source);
  if (!where) return `${label}: which one? For instance ${example}`;
  if (source === "feed" && !isAddress(where)) {
    return `That is no address. It should look like ${example}`;
  }
  if (source === "lemmy" && !where.includes("@") && !isAddress(where)) {
    return `Name its instance too, like ${example}`;
  }
  return null;
}

const MOST = 1000;

/** What is wrong with a typed number of posts; null where nothing is. */
export function limitFault(text: string): string | null {
  const count = /^\d+$/.test(text.trim()) ? Number(text) : 0;
  return count >= 1 && count <= MOST ? null : `A whole number from 1 to ${MOST.toLocaleString("en")}.`;
}

function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

/** The field that a problem from the server belongs to. */
export function fieldOf(code: string): "where" | "cron" | null {
  if (code === "bad-setting") return "cron";
  return ["bad-query", "no-community", "private-community", "schedule-exists"].includes(code)
    ? "where"
    : null;
}
