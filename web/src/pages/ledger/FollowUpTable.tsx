import type { FollowUps } from "../../api/types";
import styles from "./FollowUpTable.module.css";

/** How many scores were read at each age; those that came too late count as missed, and are never made up. */
export function FollowUpTable({ followUps, hours }: { followUps: readonly FollowUps[]; hours: number }) {
  return (
    <section className={styles.section} aria-labelledby="ledger-follow-ups">
      <h2 id="ledger-follow-ups">Going back to look</h2>
      <p>
        Each post's score is read again at fixed ages; the one at {hours} h is the outcome. A score that was
        not read in time is missed: it is left out, never made up.
      </p>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Age</th>
            <th scope="col">Taken</th>
            <th scope="col">Pending</th>
            <th scope="col">Missed</th>
            <td className={styles.wide} />
          </tr>
        </thead>
        <tbody>
          {followUps.map((each) => (
            <tr key={each.hours}>
              <th scope="row">{each.hours} h</th>
              <td>{each.taken.toLocaleString("en")}</td>
              <td>{each.pending.toLocaleString("en")}</td>
              <td>{each.missed.toLocaleString("en")}</td>
              <td className={styles.wide} aria-hidden="true">
                <Bar {...each} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Bar({ taken, pending, missed }: FollowUps) {
  return (
    <div className={styles.bar}>
      <i data-state="taken" style={{ flexGrow: taken }} />
      <i data-state="pending" style={{ flexGrow: pending }} />
      <i data-state="missed" style={{ flexGrow: missed }} />
    </div>
  );
}
