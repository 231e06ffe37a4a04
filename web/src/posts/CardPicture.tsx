import { useState } from "react";
import { Link } from "wouter";
import type { Post } from "../api/types";
import { pathOfPost } from "./addresses";
import styles from "./CardPicture.module.css";
import { Reveal } from "./Reveal";
import { Thumbnail } from "./Thumbnail";

/** The picture of a card, with what there is to know before looking closer. */
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
      <Marks post={post} />
    </div>
  );
}

function Marks({ post }: { post: Post }) {
  const marks = [
    post.hidden && "Hidden",
    post.sample && "Sample",
    post.repost_of && "Repost",
    post.images > 1 && `${post.images} pictures`,
    post.image.animated && "GIF",
    post.nsfw && "NSFW",
  ].filter((mark) => typeof mark === "string");
  if (marks.length === 0) return null;
  return (
    <ul className={styles.marks} aria-label="Marks">
      {marks.map((mark) => (
        <li key={mark} data-mark={mark.toLowerCase()}>
          {mark}
        </li>
      ))}
    </ul>
  );
}
