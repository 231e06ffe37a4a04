import type { Post } from "../../api/types";

/** The path of a post's picture to look at closely; its thumbnail where the picture was dropped. */
export function pictureOf({ image }: Post): string {
  return image.kept ? image.picture : image.thumbnail;
}
