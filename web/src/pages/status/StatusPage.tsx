import { fetchStatus } from "../../api/status";
import type { Status } from "../../api/types";
import { PageTitle } from "../../components/PageTitle";
import { ProblemNote } from "../../components/ProblemNote";
import { Waiting } from "../../components/Waiting";
import { useSession } from "../signin/useSession";
import { Disk } from "./Disk";
import { Failures } from "./Failures";
import { Health } from "./Health";
import { Queues } from "./Queues";
import { Rates } from "./Rates";
import { Samples } from "./Samples";
import { Sources } from "./Sources";
import styles from "./StatusPage.module.css";
import { useAnswer } from "./useAnswer";
import { Versions } from "./Versions";

const SECONDS = 5;

/** How the place is doing, kept up to date while one looks. */
export function StatusPage() {
  const { answer, problem, reload } = useAnswer(fetchStatus, SECONDS);
  const { admin } = useSession();
  return (
    <>
      <PageTitle title="Status">How the place is doing, every {SECONDS} seconds.</PageTitle>
      {problem && (
        <div role="alert">
          <ProblemNote problem={problem} heading="h2" onRetry={reload} />
          {answer && <p>What you see below is from before that.</p>}
        </div>
      )}
      {answer && <Report status={answer} admin={admin === true} reload={reload} />}
      {!answer && !problem && <Waiting what="Taking the pulse…" />}
    </>
  );
}

function Report({ status, admin, reload }: { status: Status; admin: boolean; reload: () => void }) {
  return (
    <>
      <Health troubles={status.troubles} />
      <Rates rates={status.rates} posts={status.posts} images={status.images} />
      <div className={styles.panels}>
        <Queues queues={status.queues} />
        <Versions versions={status.versions} />
        <Failures failures={status.failures} admin={admin} onRetried={reload} />
        <Sources sources={status.sources} />
        <Disk disk={status.disk} />
        {status.demo > 0 && admin && <Samples count={status.demo} onRemoved={reload} />}
      </div>
    </>
  );
}
