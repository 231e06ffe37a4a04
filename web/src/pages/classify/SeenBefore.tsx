import type { SeenPost } from "../../api/types";
import { Age } from "../../posts/Age";
import { useNow } from "../../posts/clock";
import { PostTile } from "../../posts/PostTile";
import styles from "./SeenBefore.module.css";
import { seenLine } from "./seen";

/** Where this meme, or one that looks the same, was posted before. */
export function SeenBefore({ seen }: { seen: SeenPost[] | null | undefined }) {
  const line = seenLine(seen, useNow());
  if (!line) return null;
  return (
    <div className={styles.seen} data-testid="seen">
      <p className={styles.line}>{line}</p>
      {seen && seen.length > 0 && (
        <ul className={styles.list}>
          {seen.map(({ post, image, kind }) => (
            <li key={post.id}>
              <PostTile post={post} image={image}>
                {kind === "exact" ? "The same picture" : "Looks the same"}
                {post.created_utc !== null && (
                  <>
                    , <Age utc={post.created_utc} />
                  </>
                )}
              </PostTile>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
