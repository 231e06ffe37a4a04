import type { Status } from "../../api/types";
import { Panel } from "./Panel";
import styles from "./Rows.module.css";
import { size } from "./size";

const ROWS = [
  ["database", "Database"],
  ["bucket", "Pictures"],
  ["free", "Free"],
] as const;

/** Room taken and left. */
export function Disk({ disk }: { disk: Status["disk"] }) {
  return (
    <Panel title="Disk">
      <ul className={styles.rows}>
        {ROWS.map(([key, name]) => (
          <li key={key}>
            <b>{name}</b>
            <span className={styles.counts}>
              {disk[key] === null ? "not on this machine" : size(disk[key])}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
