import type { LedgerVersion } from "../../api/types";
import { percent } from "../../verdict/format";
import { OverTime } from "./OverTime";
import { Reliability } from "./Reliability";
import type { Range } from "./scale";
import styles from "./VersionCard.module.css";
import { nameOf, tooLittle } from "./words";

/** One version's diagrams; where there is too little data, that, and nothing made up. */
export function VersionCard({ version, domain }: { version: LedgerVersion; domain: Range }) {
  const { model, posts, base_rate, enough, reliability, over_time } = version;
  return (
    <article className={styles.card} data-testid="ledger-version" data-enough={enough}>
      <h3>
        {nameOf(model)} <span className={styles.version}>{version.version}</span>
      </h3>
      {enough ? (
        <>
          <p>
            <b>{posts.toLocaleString("en")}</b> posts with an outcome
            {base_rate !== null && (
              <>
                , <b>{percent(base_rate)}</b> of them turned out dank
              </>
            )}
            .
          </p>
          {reliability.length > 0 && <Reliability bins={reliability} baseRate={base_rate} />}
          <OverTime spans={over_time} figure="auc" title="AUC" domain={domain} />
          <OverTime spans={over_time} figure="pair_accuracy" title="Pairs right" domain={domain} />
        </>
      ) : (
        <TooLittle version={version} />
      )}
    </article>
  );
}

function TooLittle({ version }: { version: LedgerVersion }) {
  const { posts, needed } = version;
  return (
    <>
      <p className={styles.little}>{tooLittle(version)}</p>
      {posts < needed && (
        <progress className={styles.progress} value={posts} max={needed} aria-label="Posts with an outcome" />
      )}
    </>
  );
}
