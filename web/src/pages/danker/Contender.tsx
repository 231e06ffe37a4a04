import { type Ref, useState } from "react";
import type { Post } from "../../api/types";
import styles from "./Contender.module.css";
import { pictureOf } from "./picture";
import type { Side } from "./side";

type Props = {
  post: Post;
  side: Side;
  /** How strongly a swipe under way leans to this one, 0 to 1; below 0 to the other. */
  lean: number;
  veiled: boolean;
  button: Ref<HTMLButtonElement>;
  onReveal: () => void;
  onPick: () => void;
};

/** One of the two memes. Nothing here tells how it did, or what the models think of it. */
export function Contender({ post, side, lean, veiled, button, onReveal, onPick }: Props) {
  return (
    <article className={styles.card} data-side={side} data-lean={Math.sign(lean)} data-testid={side}>
      <div className={styles.frame}>
        <Picture key={post.id} post={post} veiled={veiled} />
        {veiled && (
          <button type="button" className={styles.veil} onClick={onReveal} data-testid="reveal">
            <b>Not safe for work</b>
            <span>Show it</span>
          </button>
        )}
        {post.images > 1 && <span className={styles.tag}>1 of {post.images}</span>}
        <span className={styles.stamp} style={{ opacity: Math.max(0, lean) }} aria-hidden="true">
          Danker!
        </span>
      </div>
      <button type="button" className={styles.pick} ref={button} onClick={onPick}>
        <span className={styles.title}>{post.title}</span>
        <span className={styles.from}>{post.community}</span>
        <span className={styles.this}>
          {side === "left" && <Arrow path="M19 12H5M11 6l-6 6 6 6" />}
          <span className={styles.words}>This one</span>
          {side === "right" && <Arrow path="M5 12h14M13 6l6 6-6 6" />}
        </span>
      </button>
    </article>
  );
}

function Picture({ post, veiled }: { post: Post; veiled: boolean }) {
  const [missing, setMissing] = useState(false);
  if (missing) return <p className={styles.missing}>This picture did not make it here.</p>;
  return (
    <img
      className={styles.picture}
      src={pictureOf(post)}
      alt=""
      draggable={false}
      data-veiled={veiled || undefined}
      onError={() => setMissing(true)}
    />
  );
}

function Arrow({ path }: { path: string }) {
  return (
    <svg className={styles.arrow} viewBox="0 0 24 24" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
