import type { Meme } from "../memes/meme";

/** The meme's pixels for a canvas; null where the browser can't read them (another site's picture, or broken). */
export function loadPicture(meme: Meme): Promise<HTMLImageElement | null> {
  return new Promise((resolve) => {
    const image = new Image();
    if (meme.source.kind === "url") image.crossOrigin = "anonymous";
    image.referrerPolicy = "no-referrer";
    image.onload = () => resolve(image.naturalWidth > 0 ? image : null);
    image.onerror = () => resolve(null);
    image.src = meme.preview;
  });
}
