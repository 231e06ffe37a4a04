import type { Slice } from "../../api/types";
import type { SideKind } from "./words";

export const KINDS = ["right", "overrated", "underrated"] as const;
export type Kind = (typeof KINDS)[number];
type By = Slice["by"];
const BYS: readonly By[] = ["all", "community", "cluster", "text", "copies"];

/** What is looked at on a version's page; it stands in the address. No `side` is the one that tells most. */
export type View = { side: SideKind | null; by: By; name: string; kind: Kind };

/** The view in an address; whatever makes no sense there counts as not said. */
export function viewOf(search: string): View {
  const said = new URLSearchParams(search);
  const side = said.get("side");
  const by = BYS.find((each) => each === said.get("slice")) ?? "all";
  return {
    side: side === "live" || side === "replayed" ? side : null,
    by,
    name: by === "all" ? "" : (said.get("name") ?? ""),
    kind: KINDS.find((kind) => kind === said.get("kind")) ?? "overrated",
  };
}

/** The address of a view, and its request where the side is given, with what is as usual left out. */
export function searchOf({ side, by, name, kind }: View): URLSearchParams {
  const said = new URLSearchParams();
  if (side) said.set("side", side);
  if (by !== "all") said.set("slice", by);
  if (name) said.set("name", name);
  said.set("kind", kind);
  return said;
}

type KindWords = { name: string; what: string; none: string };

const KIND_WORDS: Record<Kind, KindWords> = {
  overrated: {
    name: "False hopes",
    what: "Forecast higher than most, turned out not dank. The worst first.",
    none: "No false hopes here.",
  },
  underrated: {
    name: "Overlooked",
    what: "Forecast lower than most, turned out dank. The worst first.",
    none: "Nothing overlooked here.",
  },
  right: {
    name: "Right",
    what: "Forecast higher than most and turned out dank, or lower and turned out not. The surest first.",
    none: "No post of which it was right and sure.",
  },
};

/** What a kind of forecast is called. */
export function kindWords(kind: Kind): KindWords {
  return KIND_WORDS[kind];
}

const GROUPS: Record<Exclude<By, "all">, string> = {
  text: "Words on it",
  copies: "Copies",
  community: "Community",
  cluster: "Looks alike",
};

/** Slices by what their posts have in common, in the order they came in. */
export function groupsOf(slices: readonly Slice[]): { title: string; slices: Slice[] }[] {
  const found = Object.entries(GROUPS).map(([by, title]) => ({
    title,
    slices: slices.filter((slice) => slice.by === by),
  }));
  return found.filter((group) => group.slices.length > 0);
}

const NAMES: Record<string, string> = {
  text: "With words",
  "no text": "Without words",
  copies: "Posted more than once",
  originals: "Posted once",
};

/** What a slice is called. */
export function sliceName({ by, name }: Pick<Slice, "by" | "name">): string {
  if (by === "all") return "All posts";
  return by === "text" || by === "copies" ? (NAMES[name] ?? name) : name;
}
