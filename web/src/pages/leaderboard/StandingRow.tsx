import { Link } from "wouter";
import type { Standing } from "../../api/types";
import { pathOfPost } from "../../posts/addresses";
import { Thumbnail } from "../../posts/Thumbnail";
import styles from "./StandingRow.module.css";
import { answersWords, chanceWords } from "./words";

/** A meme's place: how often it would be preferred to an average one, and how sure that is. */
export function StandingRow({ standing }: { standing: Standing }) {
  const { rank, post, chance, chance_low, chance_high, answers } = standing;
  return (
    <li className={styles.row} data-testid="standing">
      <span className={styles.rank}>{rank}</span>
      <Link className={styles.meme} href={pathOfPost(post.id)}>
        <span className={styles.picture}>
          <Thumbnail picture={post.image} alt="" nsfw={post.nsfw} />
        </span>
        <b className={styles.title} dir="auto">
          {post.title || "Untitled"}
        </b>
      </Link>
      <span className={styles.facts}>
        {post.community} · {answersWords(answers)}
      </span>
      <span className={styles.chance}>{chanceWords(standing)}</span>
      <span className={styles.bar} aria-hidden="true">
        <i
          className={styles.interval}
          style={{ left: place(chance_low), width: place(chance_high - chance_low) }}
        />
        <b className={styles.middle} style={{ left: place(chance) }} />
      </span>
    </li>
  );
}

function place(fraction: number): string {
  return `${(100 * fraction).toFixed(1)}%`;
}
