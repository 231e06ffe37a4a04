import { useCallback } from "react";
import { fetchMisses } from "../../api/models";
import { ProblemNote } from "../../components/ProblemNote";
import { Waiting } from "../../components/Waiting";
import controls from "../../styles/controls.module.css";
import { useAnswer } from "../status/useAnswer";
import chips from "./Chips.module.css";
import { MissTiles } from "./MissTiles";
import styles from "./ModelPage.module.css";
import { SliceList } from "./SliceList";
import { KINDS, kindWords, searchOf, type View } from "./view";

type Props = { version: string; view: View; onChange: (part: Partial<View>) => void };

/** The posts that a version was most right and most wrong about, by slice. */
export function MissesView({ version, view, onChange }: Props) {
  const wanted = searchOf(view).toString();
  const { answer, problem, reload } = useAnswer(
    useCallback(
      (signal: AbortSignal) => fetchMisses(version, new URLSearchParams(wanted), signal),
      [version, wanted],
    ),
  );
  return (
    <section className={styles.section} aria-labelledby="misses" data-testid="misses">
      <div className={styles.head}>
        <h2 id="misses">Best and worst</h2>
        <fieldset className={chips.chips}>
          <legend>What became of the forecasts</legend>
          {KINDS.map((kind) => (
            <button
              key={kind}
              type="button"
              className={controls.chip}
              aria-pressed={view.kind === kind}
              onClick={() => onChange({ kind })}
              data-testid={`kind-${kind}`}
            >
              {kindWords(kind).name}
            </button>
          ))}
        </fieldset>
      </div>
      <p>{kindWords(view.kind).what}</p>
      {problem && <ProblemNote problem={problem} onRetry={reload} />}
      {!answer && !problem && <Waiting what="Digging up the evidence…" />}
      {answer && (
        <>
          <SliceList slices={answer.slices} view={view} onChange={onChange} />
          <MissTiles misses={answer.posts} none={kindWords(view.kind).none} />
        </>
      )}
    </section>
  );
}
