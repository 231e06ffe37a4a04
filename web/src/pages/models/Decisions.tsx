import { Link } from "wouter";
import type { Decision } from "../../api/types";
import { Age } from "../../posts/Age";
import { sentence } from "../../verdict/format";
import styles from "./Decisions.module.css";
import { decisionWords, pathOfModel } from "./words";

const SHOWN = 8;

type Props = { decisions: readonly Decision[]; title?: string };

/** What was decided, by whom and why, the latest first. */
export function Decisions({ decisions, title = "Decisions" }: Props) {
  const older = decisions.slice(SHOWN);
  return (
    <section className={styles.section} aria-labelledby="decisions" data-testid="decisions">
      <h2 id="decisions">{title}</h2>
      {decisions.length === 0 && <p>Nothing was decided yet.</p>}
      <List decisions={decisions.slice(0, SHOWN)} />
      {older.length > 0 && (
        <details>
          <summary>{older.length} older</summary>
          <List decisions={older} />
        </details>
      )}
    </section>
  );
}

function List({ decisions }: { decisions: readonly Decision[] }) {
  return (
    <ol className={styles.list}>
      {decisions.map((decision) => (
        <li
          key={`${decision.version} ${decision.action} ${decision.decided_utc}`}
          data-action={decision.action}
        >
          <span className={styles.when}>
            <Age utc={decision.decided_utc} />
          </span>
          <span>
            <Link href={pathOfModel(decision.version)}>{decision.version}</Link>{" "}
            <b>{decisionWords(decision)}</b> by {decision.by}
            {decision.why && <span className={styles.why}>{sentence(decision.why)}</span>}
          </span>
        </li>
      ))}
    </ol>
  );
}
