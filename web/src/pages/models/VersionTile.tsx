import { Link } from "wouter";
import type { Model, Models } from "../../api/types";
import { Age } from "../../posts/Age";
import { Actions } from "./Actions";
import { Facts } from "./Facts";
import { Measured } from "./Measured";
import { OnLedger } from "./OnLedger";
import { Spread } from "./Spread";
import { StateTag } from "./StateTag";
import styles from "./VersionTile.module.css";
import { pathOfModel, uses } from "./words";

type Props = { model: Model; models: Models; admin: boolean; onDecided: () => void };

/** A version in the list: its state, its figures, and what can be done with it. */
export function VersionTile({ model, models, admin, onDecided }: Props) {
  const { version, state, state_utc, figures, fault } = model;
  const late = state === "shadow" && !models.processes.every((process) => uses(process, model));
  return (
    <li className={styles.tile} data-state={state} data-testid="model" data-version={version}>
      <div className={styles.head}>
        <h3>
          <Link href={pathOfModel(version)}>{version}</Link>
        </h3>
        <span>
          <StateTag model={model} />{" "}
          <span className={styles.since}>
            since <Age utc={state_utc} />
          </span>
        </span>
      </div>
      {fault && <p className={styles.fault}>{fault}</p>}
      {late && <Spread model={model} processes={models.processes} />}
      <OnLedger model={model} />
      <Measured figures={figures.slice(0, 2)} />
      <Facts model={model} />
      {admin && <Actions model={model} models={models} onDecided={onDecided} />}
    </li>
  );
}
