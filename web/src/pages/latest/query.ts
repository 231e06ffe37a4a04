import type { ModelName } from "../../api/types";

export const SORTS = ["newest", "dankest", "voted", "underrated"] as const;
export const MODELS = ["verdict", "cnn", "automl"] as const;
export type Sort = (typeof SORTS)[number];

/** What is asked of the feed; days are local ones, `2026-01-31`, both inclusive. Empty means all. */
export type FeedQuery = {
  q: string;
  community: string;
  source: string;
  dank: boolean;
  originals: boolean;
  since: string;
  until: string;
  model: ModelName;
  sort: Sort;
};

export const EVERYTHING: FeedQuery = {
  q: "",
  community: "",
  source: "",
  dank: false,
  originals: false,
  since: "",
  until: "",
  model: "verdict",
  sort: "newest",
};

/** The query in an address; whatever makes no sense there counts as not said. */
export function queryOf(search: string): FeedQuery {
  const said = new URLSearchParams(search);
  const text = (name: string) => said.get(name) ?? "";
  const day = (name: string) => (startOfDay(text(name)) === null ? "" : text(name));
  return {
    q: text("q"),
    community: text("community"),
    source: text("source"),
    dank: text("dank") === "true",
    originals: text("originals") === "true",
    since: day("since"),
    until: day("until"),
    model: MODELS.find((model) => model === text("model")) ?? EVERYTHING.model,
    sort: SORTS.find((sort) => sort === text("sort")) ?? EVERYTHING.sort,
  };
}

/** The address of a query, with what is as usual left out. */
export function searchOf(query: FeedQuery): string {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== EVERYTHING[name as keyof FeedQuery]) said.set(name, String(value));
  }
  const search = said.toString();
  return search && `?${search}`;
}

/** The query as the server takes it: days become seconds. */
export function requestOf(query: FeedQuery): URLSearchParams {
  const asked = new URLSearchParams(searchOf({ ...query, since: "", until: "" }));
  const since = startOfDay(query.since);
  const until = startOfDay(query.until, 1);
  if (since !== null) asked.set("since", String(since));
  if (until !== null) asked.set("until", String(until));
  return asked;
}

/** How many of the filters are set; the search, the order and the model do not count. */
export function filtersIn(query: FeedQuery): number {
  const { community, source, dank, originals, since, until } = query;
  return [community, source, dank, originals, since, until].filter(Boolean).length;
}

/** Whether a query leaves posts out. */
export function narrows(query: FeedQuery): boolean {
  return query.q !== "" || filtersIn(query) > 0;
}

/** When a local day begins, `later` days on, in seconds since 1970; null where it is none. */
function startOfDay(day: string, later = 0): number | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day);
  if (!parts) return null;
  const [year, month, date] = parts.slice(1).map(Number) as [number, number, number];
  const start = new Date(year, month - 1, date);
  if (start.getMonth() !== month - 1 || start.getDate() !== date) return null;
  start.setDate(date + later);
  return start.getTime() / 1000;
}
