import { Link } from "wouter";
import type { Status } from "../../api/types";
import { nameOf } from "../ledger/words";
import { Panel, Tag } from "./Panel";
import styles from "./Rows.module.css";

/** The model versions, and why one cannot predict where it cannot. */
export function Versions({ versions }: { versions: Status["versions"] }) {
  return (
    <Panel title="Models" note={<Link href="/models">More about them</Link>}>
      {versions.length === 0 && <p className={styles.muted}>No model has predicted anything yet.</p>}
      <ul className={styles.rows}>
        {versions.map(({ model, version, active, fault, done, pending, failed }) => (
          <li key={`${model} ${version}`}>
            <span className={styles.name}>
              <b>{nameOf(model)}</b> <span className={styles.muted}>{version}</span>
              {fault ? (
                <Tag tone="bad">broken</Tag>
              ) : active ? (
                <Tag tone="good">in use</Tag>
              ) : (
                <Tag tone="quiet">not in use</Tag>
              )}
            </span>
            <span className={styles.counts}>
              {done.toLocaleString("en")} done, {pending.toLocaleString("en")} pending
              {failed > 0 && <b>, {failed.toLocaleString("en")} failed</b>}
            </span>
            {fault && <span className={styles.fault}>{fault}</span>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
