import { fetchModels } from "../../api/models";
import type { Models } from "../../api/types";
import { PageTitle } from "../../components/PageTitle";
import { ProblemNote } from "../../components/ProblemNote";
import { Waiting } from "../../components/Waiting";
import { useSession } from "../signin/useSession";
import { useAnswer } from "../status/useAnswer";
import { Decisions } from "./Decisions";
import { DriftReport } from "./DriftReport";
import { InUse } from "./InUse";
import { Leaderboard } from "./Leaderboard";
import { Retrains } from "./Retrains";
import { SECONDS } from "./rhythm";
import { Versions } from "./Versions";

/** The registered models: what each is for, how they do, and what was decided. */
export function ModelsPage() {
  const { answer, problem, reload } = useAnswer(fetchModels, SECONDS);
  const { admin } = useSession();
  return (
    <>
      <PageTitle title="Models">Who judges, who practises, and who was sent home.</PageTitle>
      {problem && (
        <div role="alert">
          <ProblemNote problem={problem} heading="h2" onRetry={reload} />
          {answer && <p>What you see below is from before that.</p>}
        </div>
      )}
      {answer && <Report models={answer} admin={admin} reload={reload} />}
      {!answer && !problem && <Waiting what="Calling the judges in…" />}
    </>
  );
}

type Props = { models: Models; admin: boolean | null; reload: () => void };

function Report({ models, admin, reload }: Props) {
  return (
    <>
      <InUse models={models} />
      <Versions models={models} admin={admin} onDecided={reload} />
      <Leaderboard models={models.models} />
      <DriftReport drift={models.drift} />
      <Retrains retrains={models.retrains} />
      <Decisions decisions={models.decisions} />
    </>
  );
}
