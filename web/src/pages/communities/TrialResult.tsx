import { Trouble } from "../status/Trouble";
import styles from "./TrialResult.module.css";
import type { SourceTrial } from "./useSourceTrial";

/** What a source answered when it was tried: its newest titles, or what keeps it from answering. */
export function TrialResult({ trial }: { trial: SourceTrial }) {
  return (
    <div role="status" className={styles.result} data-testid="trial" data-state={trial.state}>
      {trial.state === "trying" && <p>Knocking…</p>}
      {trial.state === "failed" && <Trouble problem={trial.problem} next="/communities" />}
      {trial.state === "answered" && (
        <div className={styles.answer} data-works={trial.answer.works}>
          <p className={styles.message}>
            {trial.answer.works ? "It works. " : "It does not work. "}
            {trial.answer.message}
          </p>
          {trial.answer.titles.length > 0 && (
            <ul>
              {[...new Set(trial.answer.titles)].map((title) => (
                <li key={title}>{title}</li>
              ))}
            </ul>
          )}
        </div>
      )}
    </div>
  );
}
