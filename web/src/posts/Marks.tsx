import type { Post } from "../api/types";
import styles from "./Marks.module.css";

/** What there is to know of a post before looking closer, in a word each. */
export function Marks({ post }: { post: Post }) {
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
