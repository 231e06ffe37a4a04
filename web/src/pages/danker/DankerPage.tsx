import { Button, VisuallyHidden } from "@mantine/core";
import { Link } from "wouter";
import { PageTitle } from "../../components/PageTitle";
import { ProblemNote } from "../../components/ProblemNote";
import { Waiting } from "../../components/Waiting";
import styles from "./DankerPage.module.css";
import { LastRound } from "./LastRound";
import { NoPair } from "./NoPair";
import { opinionOn, tally } from "./opinion";
import { Ring } from "./Ring";
import { type Round, usePairs } from "./usePairs";

/** Two memes, one question. */
export function DankerPage() {
  const { pair, last, answered, problem, unkept, answer, keep, load } = usePairs();
  const none = problem?.code === "no-pair";

  return (
    <>
      <PageTitle title="Which is danker?">
        {pair || last ? tally(answered) : "Two memes enter."}{" "}
        <Link href="/danker/leaderboard">Leaderboard</Link>
      </PageTitle>
      <div className={styles.bench}>
        {!none && <LastRound round={last} />}
        {unkept && (
          <p className={styles.unkept} role="alert">
            An answer of yours got lost on the way.{" "}
            <Button size="sm" onClick={() => keep(unkept)}>
              Send it again
            </Button>
          </p>
        )}
        {pair && <Ring pair={pair} onAnswer={answer} />}
        {!pair && !problem && <Waiting what="Looking for two worthy opponents…" />}
        {none && <NoPair onRetry={load} />}
        {problem && !none && <ProblemNote problem={problem} heading="h2" onRetry={load} />}
      </div>
      <VisuallyHidden role="status" aria-live="polite" data-testid="announcer">
        {spoken(last, pair?.left.title, pair?.right.title)}
      </VisuallyHidden>
    </>
  );
}

function spoken(last: Round | null, left: string | undefined, right: string | undefined): string {
  if (!last) return "";
  const { pair, winner } = last;
  const picked = winner ? `You picked ${pair[winner].title}.` : "You picked neither.";
  const next = left && right ? ` Next, left: ${left}; right: ${right}.` : "";
  return `${picked} ${opinionOn(pair, winner)}${next}`;
}
