import { Button } from "@mantine/core";
import type { Figure, ModelCard } from "../../api/types";
import { figure, percent, sentence } from "../../verdict/format";
import styles from "./ModelReport.module.css";
import type { ModelState } from "./useModelCard";

/** What the model can and cannot tell, in its own figures. */
export function ModelReport({ model }: { model: ModelState }) {
  return (
    <section className={styles.report} aria-labelledby="model-title" data-testid="model">
      <h2 id="model-title">What it can and cannot tell</h2>
      {model.card && <Card card={model.card} />}
      {model.failed && (
        <p>
          The model's report card did not arrive.{" "}
          <Button size="sm" onClick={model.reload}>
            Ask again
          </Button>
        </p>
      )}
      {!model.card && !model.failed && <p className={styles.muted}>Fetching the report card…</p>}
    </section>
  );
}

function Card({ card }: { card: ModelCard }) {
  return (
    <>
      <p>
        “Dank” means: among the best-liked of <b>{card.compared_with}</b>. {percent(card.base_rate)} of those
        memes are; we say “dank” when a meme's chance is {percent(card.dank_from)} or more.
      </p>
      <div className={styles.columns}>
        <div>
          <h3>Its marks</h3>
          <ul className={styles.figures}>
            {card.figures.map((each) => (
              <FigureRow key={each.name} figure={each} />
            ))}
          </ul>
          <p className={styles.muted}>In brackets: the 95 % interval of each figure.</p>
        </div>
        <div>
          <h3>Mind you</h3>
          <ul className={styles.caveats}>
            {card.caveats.map((caveat) => (
              <li key={caveat}>{sentence(caveat)}</li>
            ))}
          </ul>
        </div>
      </div>
      <p className={styles.muted}>
        Model {card.name}, version {card.version}.
      </p>
    </>
  );
}

function FigureRow({ figure: { name, value, low, high, includes_chance } }: { figure: Figure }) {
  return (
    <li data-testid="figure" data-chance={includes_chance || undefined}>
      <span>{name}</span>
      <span className={styles.value}>
        <b>{figure(value)}</b> ({figure(low)} to {figure(high)})
      </span>
      {includes_chance && <span className={styles.chance}>Could be pure chance</span>}
    </li>
  );
}
