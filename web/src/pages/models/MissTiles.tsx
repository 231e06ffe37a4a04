import type { Miss } from "../../api/types";
import { PostTile } from "../../posts/PostTile";
import tiles from "../../posts/PostTile.module.css";
import { percent } from "../../verdict/format";
import styles from "./MissTiles.module.css";
import { outcomeWords } from "./words";

type Props = { misses: readonly Miss[]; none: string };

/** Posts with what the version said of them and what became of them; each leads to the post's page. */
export function MissTiles({ misses, none }: Props) {
  if (misses.length === 0) return <p data-testid="no-misses">{none}</p>;
  return (
    <ul className={tiles.tiles} data-testid="miss-tiles">
      {misses.map(({ post, forecast, outcome }) => (
        <li key={post.id} data-testid="miss">
          <PostTile post={post} image={post.image} nsfw={post.nsfw}>
            <span className={styles.said}>Said {percent(forecast)} dank</span>
            <span className={styles.came}>{outcomeWords(outcome)}</span>
            <span className={tiles.place}>{post.community}</span>
          </PostTile>
        </li>
      ))}
    </ul>
  );
}
