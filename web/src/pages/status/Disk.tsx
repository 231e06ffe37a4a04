import type { Status } from "../../api/types";
import { Panel } from "./Panel";
import styles from "./Rows.module.css";
import { size } from "./size";

const ROWS = [
  ["database", "Database"],
  ["bucket", "Pictures"],
  ["free", "Free"],
] as const;

/** Room taken and left; not known where it is elsewhere, or still being measured. */
export function Disk({ disk }: { disk: Status["disk"] }) {
  return (
    <Panel title="Disk">
      <ul className={styles.rows}>
        {ROWS.map(([key, name]) => (
          <li key={key}>
            <b>{name}</b>
            <span className={styles.counts}>{disk[key] === null ? "not known" : size(disk[key])}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
