import type { Process } from "../../api/types";
import styles from "./Processes.module.css";

const ROLES: Record<string, string> = { serve: "Server", worker: "Worker" };

/** Each running process, with what it uses. */
export function Processes({ processes }: { processes: readonly Process[] }) {
  return (
    <details className={styles.details}>
      <summary>The processes</summary>
      <ul className={styles.list}>
        {processes.map(({ role, name, version, wanted, shadows, fault }) => (
          <li key={`${role} ${name}`}>
            <b>{ROLES[role] ?? role}</b> <span className={styles.name}>{name}</span>
            <span className={styles.uses}>
              uses {version}
              {version !== wanted && `, is to use ${wanted}`}
              {shadows.length > 0 && `; shadows: ${shadows.join(", ")}`}
            </span>
            {fault && <span className={styles.fault}>{fault}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}
