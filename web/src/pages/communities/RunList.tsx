import type { ScrapeRun } from "../../api/types";
import { When } from "../status/When";
import styles from "./RunList.module.css";
import { leftOut } from "./runs";

const SHOWN = 5;

/** A schedule's newest runs, newest first. */
export function RunList({ runs }: { runs: readonly ScrapeRun[] }) {
  if (runs.length === 0) return <p className={styles.none}>Not read yet.</p>;
  return (
    <ul className={styles.runs}>
      {runs.slice(0, SHOWN).map((run) => (
        <li key={run.id} data-failed={run.error !== null || undefined}>
          <Run run={run} />
        </li>
      ))}
    </ul>
  );
}

function Run({ run: { started_utc, ended_utc, found, fresh, skipped, error } }: { run: ScrapeRun }) {
  const counts = `${fresh.toLocaleString("en")} new of ${found.toLocaleString("en")}`;
  const out = leftOut(skipped);
  return (
    <>
      {ended_utc === null ? (
        <>
          <b>Reading now</b>, {counts} so far
        </>
      ) : (
        <>
          <When at={started_utc} />: {error ? "failed" : counts}
        </>
      )}
      {out && <span className={styles.out}> (left out: {out})</span>}
      {error && <span className={styles.error}>{error}</span>}
    </>
  );
}
