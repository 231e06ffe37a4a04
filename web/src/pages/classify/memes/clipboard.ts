import type { Source } from "../../../api/classify";
import { linksIn } from "./links";

/** The memes in a paste or a drop: its files, or else the links in its text. */
export function sourcesIn(data: DataTransfer | null): Source[] {
  if (!data) return [];
  const files = [...data.files];
  if (files.length > 0) return files.map((file) => ({ kind: "file", file }));
  const text = data.getData("text/uri-list") || data.getData("text/plain");
  return linksIn(text).map((url) => ({ kind: "url", url }));
}

/** The memes in the system clipboard, for people without a paste key; rejects where the browser says no. */
export async function readClipboard(): Promise<Source[]> {
  const items = await navigator.clipboard.read();
  const found = await Promise.all(items.map(sourcesInItem));
  return found.flat();
}

async function sourcesInItem(item: ClipboardItem): Promise<Source[]> {
  const image = item.types.find((type) => type.startsWith("image/"));
  if (image) {
    const blob = await item.getType(image);
    return [{ kind: "file", file: new File([blob], "pasted picture", { type: image }) }];
  }
  if (!item.types.includes("text/plain")) return [];
  const text = await (await item.getType("text/plain")).text();
  return linksIn(text).map((url) => ({ kind: "url", url }));
}
