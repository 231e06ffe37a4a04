import { Judge } from "../../components/Judge";
import styles from "./Health.module.css";

/** How the place is doing, at a glance: what is wrong, worst first, or that nothing is. */
export function Health({ troubles }: { troubles: readonly string[] }) {
  const well = troubles.length === 0;
  return (
    <section className={styles.health} data-well={well} aria-label="At a glance" data-testid="health">
      <Judge className={styles.judge} shades={well} />
      <div role="status" className={styles.words}>
        <h2>
          {well ? "All is well" : `${troubles.length} ${troubles.length === 1 ? "trouble" : "troubles"}`}
        </h2>
        {well ? (
          <p>Memes come in, forecasts go out. The judge has put its shades on.</p>
        ) : (
          <ol>
            {troubles.map((trouble) => (
              <li key={trouble}>{trouble}</li>
            ))}
          </ol>
        )}
      </div>
    </section>
  );
}
