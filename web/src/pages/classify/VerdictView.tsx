import { useState } from "react";
import type { ClassifyAnswer, ModelCard } from "../../api/types";
import { Gauge } from "../../components/Gauge";
import { IS_DEMO } from "../../place";
import { percent, shareOf } from "../../verdict/format";
import { headlineOf, jokeFor, levelOf, toneOf } from "../../verdict/headline";
import { CaptionForm } from "./CaptionForm";
import { Feedback } from "./Feedback";
import type { Meme } from "./memes/meme";
import { SeenBefore } from "./SeenBefore";
import { ShareButtons } from "./ShareButtons";
import styles from "./VerdictView.module.css";
import { Working } from "./Working";

type Props = {
  meme: Meme;
  answer: ClassifyAnswer;
  card: ModelCard | null;
  onAsk: (caption?: string) => void;
};

const scoreOf = (model: { probability: number } | null) => (model ? percent(model.probability) : "—");

/** A verdict: the headline, the gauge, and behind them how it came about. */
export function VerdictView({ meme, answer, card, onAsk }: Props) {
  const { verdict } = answer;
  const { word, claim } = headlineOf(verdict);
  const [doubting, setDoubting] = useState(false);

  return (
    <div className={styles.verdict} data-tone={toneOf(verdict.label)} data-again={meme.pending || undefined}>
      <h3 className={styles.headline} data-testid="headline">
        <span className={styles.word}>{word}</span> <span className={styles.claim}>{claim}</span>
      </h3>
      <p className={styles.joke}>{jokeFor(levelOf(verdict), answer.sha256)}</p>
      <Gauge verdict={verdict} card={card} />
      <p className={styles.standing} data-testid="standing">
        We rate it above {shareOf(verdict.percentile)} <b>{verdict.compared_with}</b>.
      </p>
      <p className={styles.models} data-testid="both-models">
        The picture alone says <b>{scoreOf(answer.models.cnn)}</b>, with the caption{" "}
        <b>{scoreOf(answer.models.automl)}</b>.
      </p>
      <SeenBefore seen={answer.seen} />
      <div className={styles.actions}>
        <ShareButtons meme={meme} answer={answer} />
        {!IS_DEMO && <Feedback key={answer.caption} answer={answer} open={doubting} onOpen={setDoubting} />}
      </div>
      <CaptionForm answer={answer} pending={meme.pending} onAsk={onAsk} />
      <Working answer={answer} />
    </div>
  );
}
