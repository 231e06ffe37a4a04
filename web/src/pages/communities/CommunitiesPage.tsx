import { useEffect, useRef, useState } from "react";
import { fetchSchedules } from "../../api/communities";
import type { Schedule } from "../../api/types";
import { PageTitle } from "../../components/PageTitle";
import { ProblemNote } from "../../components/ProblemNote";
import { Waiting } from "../../components/Waiting";
import { useSession } from "../signin/useSession";
import { useAnswer } from "../status/useAnswer";
import { AddForm } from "./AddForm";
import styles from "./CommunitiesPage.module.css";
import { ScheduleCard } from "./ScheduleCard";
import { SignInFirst } from "./SignInFirst";

/** What is read, and how often: for those who run the place. */
export function CommunitiesPage() {
  const { admin, leave } = useSession();
  return (
    <>
      <PageTitle title="Communities">Where the memes come from.</PageTitle>
      {admin === null && <Waiting what="Looking at your badge…" />}
      {admin === false && <SignInFirst />}
      {admin && <Schedules onSignedOut={leave} />}
    </>
  );
}

const SECONDS = 5;

function Schedules({ onSignedOut }: { onSignedOut: () => void }) {
  const { answer, problem, reload } = useAnswer(fetchSchedules, SECONDS);
  const [news, setNews] = useState("");
  const heading = useRef<HTMLHeadingElement>(null);
  const signedOut = problem?.code === "not-signed-in";

  useEffect(() => {
    if (signedOut) onSignedOut();
  }, [signedOut, onSignedOut]);

  function removed(schedule: Schedule) {
    setNews(`${schedule.where} is not read any more.`);
    // The button that had the focus goes away with its schedule.
    heading.current?.focus();
    reload();
  }

  return (
    <div className={styles.columns}>
      <section className={styles.list} aria-labelledby="schedules" data-testid="schedules">
        <h2 id="schedules" ref={heading} tabIndex={-1}>
          Read again and again
        </h2>
        <p role="status" className={styles.news}>
          {news}
        </p>
        {problem && !signedOut && <ProblemNote problem={problem} heading="h3" onRetry={reload} />}
        {!answer && !problem && <Waiting what="Fetching the list…" />}
        {answer?.schedules.length === 0 && (
          <p>Nothing is read yet. Lemmy asks for no papers: memes@lemmy.ml is a good start.</p>
        )}
        <ul>
          {answer?.schedules.map((schedule) => (
            <ScheduleCard
              key={schedule.name}
              schedule={schedule}
              onChanged={reload}
              onRemoved={() => removed(schedule)}
            />
          ))}
        </ul>
      </section>
      <AddForm
        onAdded={({ where }) => {
          setNews(`${where} is read from now on.`);
          reload();
        }}
      />
    </div>
  );
}
