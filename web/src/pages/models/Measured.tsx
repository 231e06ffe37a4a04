import type { Figure } from "../../api/types";
import { withInterval } from "../ledger/words";
import styles from "./Terms.module.css";

/** A version's figures as its card has them: from its own test part. */
export function Measured({ figures }: { figures: readonly Figure[] }) {
  return (
    <div className={styles.group}>
      <p className={styles.title}>On its own test part</p>
      {figures.length === 0 ? (
        <p className={styles.none}>Nobody has measured it.</p>
      ) : (
        <dl className={styles.terms} data-testid="measured">
          {figures.map((figure) => (
            <div key={figure.name}>
              <dt>{figure.name}</dt>
              <dd>
                {withInterval(figure)}
                {figure.includes_chance && <span className={styles.chance}>Could be pure chance</span>}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
