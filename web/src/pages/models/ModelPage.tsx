import { useCallback, useEffect } from "react";
import { Link } from "wouter";
import { fetchModel, fetchModels } from "../../api/models";
import type { ModelInFull, Models } from "../../api/types";
import { PageTitle } from "../../components/PageTitle";
import { ProblemNote } from "../../components/ProblemNote";
import { Waiting } from "../../components/Waiting";
import { useSession } from "../signin/useSession";
import { useAnswer } from "../status/useAnswer";
import { Decisions } from "./Decisions";
import { Examined } from "./Examined";
import { Gate } from "./Gate";
import styles from "./ModelPage.module.css";
import { ModelSummary } from "./ModelSummary";
import { Outcomes } from "./Outcomes";
import { SECONDS } from "./rhythm";

/** A version with all that is known of it. */
export function ModelPage({ version }: { version: string }) {
  const one = useAnswer(useCallback((signal: AbortSignal) => fetchModel(version, signal), [version]));
  const all = useAnswer(fetchModels, SECONDS);
  const { admin } = useSession();
  const problem = one.answer ? null : one.problem;

  useEffect(() => {
    document.title = `${version} · Dank Meme Classifier`;
  }, [version]);

  return (
    <>
      <PageTitle title={version} verbatim>
        <Link href="/models">All models</Link>
      </PageTitle>
      {problem && <ProblemNote problem={problem} heading="h2" onRetry={one.reload} />}
      {!one.answer && !problem && <Waiting what="Reading its file…" />}
      {one.answer && (
        <Report found={one.answer} models={all.answer} admin={admin} reload={[one.reload, all.reload]} />
      )}
    </>
  );
}

type Props = {
  found: ModelInFull;
  models: Models | null;
  admin: boolean | null;
  reload: readonly (() => void)[];
};

function Report({ found, models, admin, reload }: Props) {
  const { ruling, decisions } = found;
  const model = models?.models.find(({ version }) => version === found.model.version) ?? found.model;
  return (
    <>
      <ModelSummary
        found={found}
        model={model}
        models={models}
        admin={admin}
        onDecided={() => {
          for (const again of reload) again();
        }}
      />
      {ruling && model.state !== "active" && (
        <section className={styles.section} aria-labelledby="gate">
          <h2 id="gate">The gate</h2>
          <p>If it were to be promoted now, measured on the same posts as the one that answers:</p>
          <Gate ruling={ruling} />
        </section>
      )}
      <Outcomes model={model} />
      <Examined found={found} />
      <Decisions decisions={decisions} title="History" />
    </>
  );
}
