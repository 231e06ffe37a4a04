import type { Judgement } from "../api/types";
import { shareOf } from "../verdict/format";
import { toneOf } from "../verdict/headline";
import styles from "./PercentileBar.module.css";

/** Where a verdict ranks a meme: above how many of those that the model compares with. */
export function PercentileBar({ verdict }: { verdict: Judgement | null }) {
  const width = verdict ? `${Math.round(verdict.percentile * 100)}%` : "0";
  return (
    <div className={styles.percentile}>
      <div className={styles.bar} data-tone={verdict ? toneOf(verdict.label) : "none"} aria-hidden="true">
        <span style={{ width }} />
      </div>
      <p>{verdict ? `Above ${shareOf(verdict.percentile)} memes` : "Not ranked yet"}</p>
    </div>
  );
}
