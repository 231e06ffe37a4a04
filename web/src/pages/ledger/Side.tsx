import type { LedgerSide } from "../../api/types";
import { Comparison } from "./Comparison";
import { boundsOf } from "./line";
import styles from "./Side.module.css";
import { domainAround } from "./scale";
import { VersionCard } from "./VersionCard";
import { sideWords } from "./words";

/** Live forecasts, or replayed ones: two sections that never mix. */
export function Side({ side: { kind, versions } }: { side: LedgerSide }) {
  const { title, badge, what, none } = sideWords(kind);
  const enough = versions.filter((version) => version.enough);
  const domain = domainAround(boundsOf(enough), 0.1);
  return (
    <section className={styles.side} aria-labelledby={`ledger-${kind}`} data-kind={kind} data-testid={kind}>
      <div className={styles.head}>
        <h2 id={`ledger-${kind}`}>
          {title} <span className={styles.badge}>{badge}</span>
        </h2>
        <p>{versions.length > 0 ? what : none}</p>
      </div>
      {enough.length > 0 && <Comparison versions={enough} />}
      {enough.length > 0 && (
        <p className={styles.key}>
          In the diagrams: a dot on the dashed diagonal is a forecast that came true as often as it said; the
          larger the dot, the more posts; bars and bands are 95 % intervals; dots in a row mark the share of
          all posts that turned out dank.
        </p>
      )}
      {versions.length > 0 && (
        <div className={styles.cards}>
          {versions.map((version) => (
            <VersionCard key={`${version.model} ${version.version}`} version={version} domain={domain} />
          ))}
        </div>
      )}
    </section>
  );
}
