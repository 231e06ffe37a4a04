import type { Status } from "../../api/types";
import { Panel } from "./Panel";
import styles from "./Rows.module.css";
import { When } from "./When";

/** When each community was last read, and what came of it. */
export function Sources({ sources }: { sources: Status["sources"] }) {
  return (
    <Panel title="Sources">
      {sources.length === 0 && <p className={styles.muted}>Nothing is read yet.</p>}
      <ul className={styles.rows}>
        {sources.map(({ source, where, ended_utc, found, fresh, error }) => (
          <li key={`${source} ${where}`}>
            <span className={styles.name}>
              <b>{where}</b> <span className={styles.muted}>{source}</span>
            </span>
            <span className={styles.counts}>
              {ended_utc === null ? (
                "never read yet"
              ) : (
                <>
                  <When at={ended_utc} />: {fresh.toLocaleString("en")} new of {found.toLocaleString("en")}
                </>
              )}
            </span>
            {error && <span className={styles.fault}>{error}</span>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
