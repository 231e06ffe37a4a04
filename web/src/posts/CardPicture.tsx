import { useState } from "react";
import { Link } from "wouter";
import type { Post } from "../api/types";
import { pathOfPost } from "./addresses";
import styles from "./CardPicture.module.css";
import { Reveal } from "./Reveal";
import { Thumbnail } from "./Thumbnail";

/** The picture of a card. Nothing lies on it: the words of memes go up to its edges. */
export function CardPicture({ post }: { post: Post }) {
  const [shown, setShown] = useState(!post.nsfw);
  return (
    <div className={styles.picture}>
      {shown ? (
        // The heading is a link to the same page: one of the two is enough for the keyboard and for listeners.
        <Link href={pathOfPost(post.id)} tabIndex={-1} aria-hidden="true">
          <Thumbnail picture={post.image} alt="" />
        </Link>
      ) : (
        <>
          <Thumbnail picture={post.image} alt="" nsfw />
          <Reveal onShow={() => setShown(true)} />
        </>
      )}
    </div>
  );
}
