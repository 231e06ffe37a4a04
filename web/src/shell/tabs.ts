/** A place in the navigation; `short` is its name where room is scarce. */
export type Tab = { path: string; label: string; short: string; icon: string };

export const TABS: readonly Tab[] = [
  {
    path: "/",
    label: "Classify your own",
    short: "Classify",
    icon: "M12 16V4M7 9l5-5 5 5M4 15v4a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-4",
  },
  {
    path: "/latest",
    label: "Latest",
    short: "Latest",
    icon: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  },
  {
    path: "/danker",
    label: "Which is danker?",
    short: "Danker?",
    icon: "M12 3v17M7 21h10M5 7l14-2M5 7l-3 7h6zM19 5l-3 7h6z",
  },
  {
    path: "/ledger",
    label: "Ledger",
    short: "Ledger",
    icon: "M4 20V4M4 20h16M8 16l4-5 3 3 5-8",
  },
];

export const MORE_TABS: readonly Pick<Tab, "path" | "label">[] = [
  { path: "/models", label: "Models" },
  { path: "/status", label: "Status" },
  { path: "/communities", label: "Communities" },
];

/** What `aria-current` says of a tab at a pathname. */
export function currentAt(pathname: string, path: string): "page" | "true" | undefined {
  if (pathname === path) return "page";
  // a post belongs to the feed that it was found in
  const inside = path === "/latest" ? "/posts/" : `${path}/`;
  return path !== "/" && pathname.startsWith(inside) ? "true" : undefined;
}
