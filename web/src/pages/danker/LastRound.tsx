import { Link } from "wouter";
import type { Post } from "../../api/types";
import { pathOfPost } from "../../posts/addresses";
import styles from "./LastRound.module.css";
import { chanceOf, opinionOn, opinionsOfModels } from "./opinion";
import { SIDES } from "./side";
import type { Round } from "./usePairs";

/** What the models thought of the pair just judged; before the first answer, how to answer. */
export function LastRound({ round }: { round: Round | null }) {
  if (!round) {
    return (
      <p className={styles.strip}>
        <span className={styles.keys}>
          Pick the one that should do better: click it, or press <kbd>←</kbd> <kbd>→</kbd> (<kbd>↓</kbd> for
          neither). The judge speaks after you, so that it cannot sway you.
        </span>
        <span className={styles.touch}>
          Tap the one that should do better, or swipe to its side. The judge speaks after you.
        </span>
      </p>
    );
  }
  const { pair, winner } = round;
  const models = opinionsOfModels(pair, winner);
  return (
    <section className={styles.strip} aria-label="The last pair" data-testid="last-round">
      {SIDES.map((side) => (
        <Chance key={`${pair[side].id} ${side}`} post={pair[side]} picked={winner === side} />
      ))}
      <div>
        <p className={styles.opinion}>{opinionOn(pair, winner)}</p>
        {models && <p className={styles.models}>{models}</p>}
      </div>
    </section>
  );
}

function Chance({ post, picked }: { post: Post; picked: boolean }) {
  const name = `${post.title}${picked ? ", your pick" : ""}: ${chanceOf(post)}`;
  return (
    <Link className={styles.chance} href={pathOfPost(post.id)} data-picked={picked || undefined}>
      <img src={post.image.thumbnail} alt={name} data-veiled={post.nsfw || undefined} />
      <span aria-hidden="true">{chanceOf(post)}</span>
    </Link>
  );
}
