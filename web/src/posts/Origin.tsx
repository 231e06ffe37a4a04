import type { Post } from "../api/types";
import { Age } from "./Age";
import styles from "./Origin.module.css";

/** Where a post comes from, when, by whom, and how it does there. */
export function Origin({ post }: { post: Post }) {
  return (
    <ul className={styles.origin}>
      <li className={styles.community}>{post.community}</li>
      <li>
        <Age utc={post.created_utc ?? post.seen_utc} />
      </li>
      {post.author && (
        <li>
          by <span className={styles.author}>{post.author}</span>
        </li>
      )}
      {post.score !== null && (
        <li>
          <span aria-hidden="true">▲ </span>
          {post.score.toLocaleString()}{" "}
          <span className={styles.unit}>{post.score === 1 ? "point" : "points"}</span>
        </li>
      )}
    </ul>
  );
}
