import type { Status } from "../../api/types";
import { spanWords } from "../../posts/age";
import { Panel, Tag } from "./Panel";
import styles from "./Rows.module.css";

/** The queues: what waits, what is being done, what is put off. */
export function Queues({ queues }: { queues: Status["queues"] }) {
  return (
    <Panel title="Queues">
      {queues.length === 0 ? (
        <p className={styles.muted}>There are none on this server.</p>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Queue</th>
              <th scope="col">Waiting</th>
              <th scope="col">Running</th>
              <th scope="col">Later</th>
              <th scope="col">Longest wait</th>
            </tr>
          </thead>
          <tbody>
            {queues.map(({ name, paused, waiting, running, delayed, oldest }) => (
              <tr key={name}>
                <th scope="row">
                  {name} {paused && <Tag tone="bad">paused</Tag>}
                </th>
                <td>{waiting.toLocaleString("en")}</td>
                <td>{running.toLocaleString("en")}</td>
                <td>{delayed.toLocaleString("en")}</td>
                <td>{waiting > 0 ? spanWords(oldest) : "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
