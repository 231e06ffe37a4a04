/** What a key does in the feed. */
export type Action = "next" | "previous" | "dank" | "not dank" | "open" | "search" | "keys";

export const KEYS: readonly { key: string; name: string; action: Action; does: string }[] = [
  { key: "j", name: "J", action: "next", does: "Next meme" },
  { key: "k", name: "K", action: "previous", does: "Previous meme" },
  { key: "d", name: "D", action: "dank", does: "Vote dank" },
  { key: "n", name: "N", action: "not dank", does: "Vote not dank" },
  { key: "enter", name: "Enter", action: "open", does: "Open the meme" },
  { key: "/", name: "/", action: "search", does: "Search" },
  { key: "?", name: "?", action: "keys", does: "Show these keys" },
];

export type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">;

/** What a key press asks for; null while somebody types, and where it belongs to the browser. */
export function actionOf(press: Press, typing: boolean): Action | null {
  if (typing || press.ctrlKey || press.metaKey || press.altKey) return null;
  return KEYS.find(({ key }) => key === press.key.toLowerCase())?.action ?? null;
}
