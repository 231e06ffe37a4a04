import type { Model, Process } from "../../api/types";
import styles from "./Spread.module.css";
import { faultsOf, usedBy, uses } from "./words";

type Props = { model: Pick<Model, "version" | "state">; processes: readonly Process[] };

/** How many processes use a version, and while they are not all, a bar and what keeps the others. */
export function Spread({ model, processes }: Props) {
  const count = processes.filter((process) => uses(process, model)).length;
  const under = count < processes.length;
  const faults = faultsOf(processes.filter((process) => !uses(process, model)));
  return (
    <div className={styles.spread} role="status" data-testid="spread" data-under={under || undefined}>
      <p>
        <b>{usedBy(processes, model)}</b>
        {under && faults.length === 0 && ": the others are on their way"}.
      </p>
      {faults.map((fault) => (
        <p key={fault} className={styles.fault}>
          {fault}
        </p>
      ))}
      {under && (
        <progress
          className={styles.bar}
          value={count}
          max={processes.length}
          aria-label={usedBy(processes, model)}
        />
      )}
    </div>
  );
}
