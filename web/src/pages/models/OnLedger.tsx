import { Link } from "wouter";
import type { Model } from "../../api/types";
import styles from "./Terms.module.css";
import { ledgerWords } from "./words";

/** How a version does on the ledger: forecasts made in time, and those made afterwards, never mixed. */
export function OnLedger({ model }: { model: Pick<Model, "live" | "replayed"> }) {
  return (
    <div className={styles.group}>
      <p className={styles.title}>
        On <Link href="/ledger">the ledger</Link>
      </p>
      <dl className={styles.terms} data-testid="on-ledger">
        <div>
          <dt>Live</dt>
          <dd>{ledgerWords(model.live)}</dd>
        </div>
        <div>
          <dt>Replayed</dt>
          <dd>{ledgerWords(model.replayed)}</dd>
        </div>
      </dl>
    </div>
  );
}
