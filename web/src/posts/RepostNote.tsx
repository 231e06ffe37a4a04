import { Link } from "wouter";
import type { Post } from "../api/types";
import { pathOfPost } from "./addresses";
import { olderWords } from "./age";
import styles from "./RepostNote.module.css";

/** "Repost of …": the first post of the same picture, and how much older it is. */
export function RepostNote({ post }: { post: Post }) {
  const original = post.repost_of;
  if (!original) return null;
  const older = olderWords(original.created_utc, post.created_utc);
  return (
    <p className={styles.note} data-testid="repost">
      Repost of <Link href={pathOfPost(original.id)}>{original.title || "an untitled meme"}</Link>
      {older && `, ${older}`}
    </p>
  );
}
