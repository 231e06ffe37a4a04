import { Button } from "@mantine/core";
import { Link } from "wouter";
import { fetchAgreements } from "../../api/leaderboard";
import type { Agreements } from "../../api/types";
import { PageTitle } from "../../components/PageTitle";
import { ProblemNote } from "../../components/ProblemNote";
import { Waiting } from "../../components/Waiting";
import { useAnswer } from "../status/useAnswer";
import styles from "./LeaderboardPage.module.css";
import { StandingRow } from "./StandingRow";
import { useLeaderboard } from "./useLeaderboard";
import { agreementWords } from "./words";

/** The memes that people find dankest, with how sure that is. */
export function LeaderboardPage() {
  const { board, problem, busy, more } = useLeaderboard();
  const { answer: agreements } = useAnswer(fetchAgreements);
  return (
    <>
      <PageTitle title="Leaderboard">
        The people have spoken. More or less. <Link href="/danker">Judge some</Link>
      </PageTitle>
      {board && board.total > 0 && (
        <section className={styles.board} aria-label="The dankest memes" data-testid="leaderboard">
          <p>
            How often each would be preferred to an average meme, out of all votes and pairs, with the habits
            of those who judged taken out. The bar is the 95 % interval: where two overlap, either may be the
            better one.
          </p>
          <ol className={styles.list}>
            {board.memes.map((standing) => (
              <StandingRow key={standing.post.id} standing={standing} />
            ))}
          </ol>
          {board.next !== null && (
            <Button onClick={more} loading={busy} data-testid="more-standings">
              More of them
            </Button>
          )}
        </section>
      )}
      {board?.total === 0 && (
        <p className={styles.empty} data-testid="no-standings">
          Nobody has judged a meme yet. <Link href="/danker">Be the first.</Link>
        </p>
      )}
      {problem && <ProblemNote problem={problem} heading="h2" onRetry={more} />}
      {!board && !problem && <Waiting what="Counting the votes…" />}
      {agreements && agreements.raters > 0 && <AgreementNote agreements={agreements} />}
    </>
  );
}

function AgreementNote({ agreements }: { agreements: Agreements }) {
  return (
    <section className={styles.agreement} aria-labelledby="agreement" data-testid="agreement">
      <h2 id="agreement">Do people agree at all?</h2>
      <p>{agreementWords(agreements.votes, "what is dank")}</p>
      <p>{agreementWords(agreements.by_chance, "pairs that chance alone chose")}</p>
    </section>
  );
}
