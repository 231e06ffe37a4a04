import type { Model, Process } from "../../api/types";
import styles from "./Spread.module.css";
import { usedBy, uses } from "./words";

type Props = { model: Pick<Model, "version" | "state">; processes: readonly Process[] };

/** How many processes use a version, and a bar while they are not all. */
export function Spread({ model, processes }: Props) {
  const count = processes.filter((process) => uses(process, model)).length;
  const under = count < processes.length;
  return (
    <div className={styles.spread} role="status" data-testid="spread" data-under={under || undefined}>
      <p>
        <b>{usedBy(processes, model)}</b>
        {under && ": the others are on their way"}.
      </p>
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
