import { Link } from "wouter";
import type { Model, ModelInFull, Models } from "../../api/types";
import { Age } from "../../posts/Age";
import { sentence } from "../../verdict/format";
import { Actions } from "./Actions";
import { Facts } from "./Facts";
import { Measured } from "./Measured";
import styles from "./ModelPage.module.css";
import { OnLedger } from "./OnLedger";
import { Spread } from "./Spread";
import { StateTag } from "./StateTag";
import { pathOfModel, stateWords } from "./words";

type Props = {
  found: ModelInFull;
  model: Model;
  models: Models | null;
  admin: boolean | null;
  onDecided: () => void;
};

/** What a version is for, how it does, and what can be decided about it. */
export function ModelSummary({ found, model, models, admin, onDecided }: Props) {
  const { state, state_utc, fault, figures, version } = model;
  const used = state === "active" || state === "shadow";
  return (
    <section className={styles.summary} aria-label="In short" data-testid="summary" data-state={state}>
      <div>
        <p>
          <StateTag model={model} />{" "}
          <span className={styles.fine}>
            since <Age utc={state_utc} />
          </span>
        </p>
        <p>{stateWords(state).what}</p>
        {fault && <p className={styles.fault}>{fault}</p>}
        {models && used && <Spread model={model} processes={models.processes} />}
        {models && admin && <Actions model={model} models={models} onDecided={onDecided} />}
        {admin === false && (
          <p className={styles.fine} data-testid="guest">
            An admin can decide about it:{" "}
            <Link href={`/signin?next=${encodeURIComponent(pathOfModel(version))}`}>sign in</Link>.
          </p>
        )}
        <Facts model={model} />
      </div>
      <div>
        <OnLedger model={model} />
        <Measured figures={figures} />
        {found.caveats.length > 0 && (
          <ul className={styles.caveats}>
            {found.caveats.map((caveat) => (
              <li key={caveat}>{sentence(caveat)}</li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}
