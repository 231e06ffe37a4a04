import { Link } from "wouter";
import type { Model, Models } from "../../api/types";
import styles from "./Versions.module.css";
import { VersionTile } from "./VersionTile";

type Props = { models: Models; admin: boolean | null; onDecided: () => void };

/** Every version with its state: the one that answers first; retired ones are folded away. */
export function Versions({ models, admin, onDecided }: Props) {
  const retired = models.models.filter(({ state }) => state === "retired");
  const others = models.models.filter(({ state }) => state !== "retired");
  const tiles = (found: readonly Model[]) => (
    <ul className={styles.tiles}>
      {found.map((model) => (
        <VersionTile
          key={model.version}
          model={model}
          models={models}
          admin={admin === true}
          onDecided={onDecided}
        />
      ))}
    </ul>
  );
  return (
    <section className={styles.section} aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      {others.length > 0 ? tiles(others) : <p>None is registered.</p>}
      {admin === false && (
        <p className={styles.fine} data-testid="guest">
          An admin can try a model in the shadow, promote it and roll back:{" "}
          <Link href="/signin?next=/models">sign in</Link>.
        </p>
      )}
      {retired.length > 0 && (
        <details className={styles.retired} data-testid="retired">
          <summary>
            {retired.length} {retired.length === 1 ? "is" : "are"} retired
          </summary>
          {tiles(retired)}
        </details>
      )}
    </section>
  );
}
