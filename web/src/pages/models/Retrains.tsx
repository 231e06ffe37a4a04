import { Link } from "wouter";
import type { Retrain } from "../../api/types";
import { sentence } from "../../verdict/format";
import { Tag } from "../status/Panel";
import { When } from "../status/When";
import styles from "./Decisions.module.css";
import { pathOfModel, retrainMark } from "./words";

/** The trainings of the schedule, one that waits first; nothing where there is no schedule and never was. */
export function Retrains({ retrains }: { retrains: readonly Retrain[] }) {
  if (retrains.length === 0) return null;
  return (
    <section className={styles.section} aria-labelledby="retrains" data-testid="retrains">
      <h2 id="retrains">Trained by schedule</h2>
      <ol className={styles.list}>
        {retrains.map(({ due_utc, state, started_utc, ended_utc, version, words }) => {
          const { name, tone } = retrainMark(state);
          return (
            <li key={`${due_utc} ${state}`} data-state={state}>
              <span className={styles.when}>
                <When at={ended_utc ?? started_utc ?? due_utc} />
              </span>
              <span>
                <Tag tone={tone}>{name}</Tag> {version && <Link href={pathOfModel(version)}>{version}</Link>}
                {words && <span className={styles.why}>{sentence(words)}</span>}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
