import { CloseButton } from "@mantine/core";
import { useRef } from "react";
import type { ModelCard } from "../../api/types";
import { ProblemNote } from "../../components/ProblemNote";
import styles from "./MemeCard.module.css";
import type { Meme } from "./memes/meme";
import { Preview } from "./Preview";
import { Trial } from "./Trial";
import { VerdictView } from "./VerdictView";

type Props = {
  meme: Meme;
  card: ModelCard | null;
  rank: number | null;
  onAsk: (caption?: string) => void;
  onRemove: () => void;
};

/** One meme: its picture on the left, what came of it on the right. */
export function MemeCard({ meme, card, rank, onAsk, onRemove }: Props) {
  const { answer, pending, problem } = meme;
  const article = useRef<HTMLElement>(null);

  function retry() {
    onAsk();
    // The button that had the focus goes away with the problem.
    article.current?.focus({ preventScroll: true });
  }

  return (
    <article
      ref={article}
      tabIndex={-1}
      className={styles.card}
      aria-label={meme.name}
      aria-busy={pending}
      data-testid="meme"
      data-state={pending ? "pending" : problem ? "failed" : "done"}
    >
      <div className={styles.picture}>
        <div className={styles.held}>
          <Preview meme={meme} />
        </div>
        {rank !== null && (
          <span className={styles.rank} data-testid="rank">
            #{rank}
          </span>
        )}
      </div>
      <div className={styles.body}>
        <CloseButton
          className={styles.close ?? ""}
          size={44}
          aria-label={`Remove ${meme.name}`}
          data-testid="remove"
          onClick={onRemove}
        />
        {pending && !answer && <Trial />}
        {problem && <ProblemNote problem={problem} onRetry={retry} />}
        {answer && <VerdictView meme={meme} answer={answer} card={card} onAsk={onAsk} />}
      </div>
    </article>
  );
}
