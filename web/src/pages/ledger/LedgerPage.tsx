import { Link } from "wouter";
import { fetchLedger } from "../../api/ledger";
import type { Ledger } from "../../api/types";
import { PageTitle } from "../../components/PageTitle";
import { ProblemNote } from "../../components/ProblemNote";
import { Waiting } from "../../components/Waiting";
import { useAnswer } from "../status/useAnswer";
import { When } from "../status/When";
import { FollowUpTable } from "./FollowUpTable";
import styles from "./LedgerPage.module.css";
import { Side } from "./Side";

/** How forecasts met outcomes, in public. */
export function LedgerPage() {
  const { answer, problem, reload } = useAnswer(fetchLedger);
  return (
    <>
      <PageTitle title="Ledger">Was the judge right? We kept the receipts.</PageTitle>
      {answer && <Books ledger={answer} />}
      {problem && <ProblemNote problem={problem} heading="h2" onRetry={reload} />}
      {!answer && !problem && <Waiting what="Fetching the books…" />}
    </>
  );
}

function Books({ ledger: { hours, sides, follow_ups, computed_utc } }: { ledger: Ledger }) {
  return (
    <>
      <div className={styles.what} data-testid="ledger-what">
        <p>
          Every forecast is kept when it is made, and compared with the score that its post has when it is{" "}
          {hours} hours old.
        </p>
        <p>
          A post turned out <b>dank</b> if it ended among the top 30 % of its community's posts close in time.
        </p>
        <p className={styles.fine}>
          Reckoned <When at={computed_utc} />. What each version is for, and which posts it got wrong, stands
          with <Link href="/models">the models</Link>.
        </p>
      </div>
      {sides.map((side) => (
        <Side key={side.kind} side={side} />
      ))}
      <FollowUpTable followUps={follow_ups} hours={hours} />
    </>
  );
}
