import { Link } from "wouter";
import type { Models } from "../../api/types";
import { Judge } from "../../components/Judge";
import { Age } from "../../posts/Age";
import styles from "./InUse.module.css";
import { Processes } from "./Processes";
import { Spread } from "./Spread";
import { activeOf, faultsOf, pathOfModel } from "./words";

/** Which version answers, and whether every process has it. */
export function InUse({ models }: { models: Models }) {
  const active = activeOf(models);
  const others = models.processes.filter(({ version }) => version !== active?.version);
  // Those that have the active one lack a shadow; what keeps the others stands with how many they are.
  const faults = faultsOf(models.processes.filter((process) => !others.includes(process)));
  const well = others.length === 0 && faults.length === 0;
  return (
    <section className={styles.use} data-well={well} aria-labelledby="in-use" data-testid="in-use">
      <Judge className={styles.judge} shades={well} />
      <div className={styles.words}>
        <h2 id="in-use">
          {active ? (
            <>
              <Link href={pathOfModel(active.version)}>{active.version}</Link> answers
            </>
          ) : (
            "No model answers"
          )}
        </h2>
        {active && (
          <>
            <Spread model={active} processes={models.processes} />
            <p>
              In charge since <Age utc={active.state_utc} />.
            </p>
          </>
        )}
        {faults.map((fault) => (
          <p key={fault} className={styles.fault} role="alert" data-testid="fault">
            {fault}
          </p>
        ))}
        {models.pinned && (
          <p className={styles.fault}>
            The process that tells you this uses the bundle of DANK_BUNDLE, whatever is decided here.
          </p>
        )}
        {models.processes.length > 0 && <Processes processes={models.processes} />}
      </div>
    </section>
  );
}
