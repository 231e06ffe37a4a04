import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Picture, PostBrief } from "../api/types";
import { pathOfPost } from "./addresses";
import styles from "./PostTile.module.css";
import { Thumbnail } from "./Thumbnail";

type Props = { post: Pick<PostBrief, "id" | "title">; image: Picture; nsfw?: boolean; children: ReactNode };

/** A small link to another post; `children` say what there is to know of it. */
export function PostTile({ post, image, nsfw = false, children }: Props) {
  return (
    <Link className={styles.tile} href={pathOfPost(post.id)}>
      <Thumbnail picture={image} alt="" nsfw={nsfw} />
      <span className={styles.body}>
        <b dir="auto">{post.title || "Untitled"}</b>
        <span className={styles.facts}>{children}</span>
      </span>
    </Link>
  );
}
