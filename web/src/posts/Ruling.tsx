import type { Post } from "../api/types";
import { headlineOf, toneOf } from "../verdict/headline";
import styles from "./Ruling.module.css";

type Props = { post: Pick<Post, "verdict" | "pending">; large?: boolean };

/** The headline of a post's verdict, as a stamp and its claim; says so where there is none (yet). */
export function Ruling({ post: { verdict, pending }, large = false }: Props) {
  const { word, claim } = verdict
    ? headlineOf(verdict)
    : pending
      ? { word: "Hmm…", claim: "The judge is still thinking" }
      : { word: "No verdict.", claim: "The judge would not look at it" };

  // Why the judge can't tell has its details after a colon, for which a card has no room.
  const shown = large ? claim : claim.replace(/:.*$/, ".");

  return (
    <p
      className={styles.ruling}
      data-tone={verdict ? toneOf(verdict.label) : "none"}
      data-large={large || undefined}
      data-testid="headline"
    >
      <span className={styles.word}>{word}</span> <span className={styles.claim}>{shown}</span>
    </p>
  );
}
