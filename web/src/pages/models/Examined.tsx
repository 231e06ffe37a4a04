import type { ModelInFull } from "../../api/types";
import { sentence } from "../../verdict/format";
import { Audit } from "./Audit";
import { Ladder } from "./Ladder";
import { Markdown } from "./Markdown";
import styles from "./ModelPage.module.css";
import { factsIn, findingsIn, gapsIn, ladderIn } from "./report";
import terms from "./Terms.module.css";
import { shortened } from "./words";

/** What `dank evaluate` found on a version's own test part, and its card. */
export function Examined({ found: { report, card, model } }: { found: ModelInFull }) {
  const ladder = ladderIn(report);
  const findings = findingsIn(report);
  const gaps = gapsIn(report);
  const facts = factsIn(report);
  return (
    <>
      {ladder.length > 0 && <Ladder rungs={ladder} />}
      {findings.length > 0 && <Audit findings={findings} />}
      <section className={styles.section} aria-labelledby="made-of" data-testid="made-of">
        <h2 id="made-of">Dataset and card</h2>
        <p title={model.dataset}>
          {model.dataset
            ? `It learnt from the dataset ${shortened(model.dataset)}.`
            : "Nobody wrote down which dataset it learnt from."}
        </p>
        {facts.length > 0 && (
          <dl className={terms.terms} data-wide>
            {facts.map(({ term, words }) => (
              <div key={term}>
                <dt>{term}</dt>
                <dd>{sentence(words)}</dd>
              </div>
            ))}
          </dl>
        )}
        {gaps.length > 0 && (
          <details className={styles.card}>
            <summary>What could not be measured</summary>
            <ul className={styles.caveats}>
              {gaps.map((gap) => (
                <li key={gap}>{sentence(gap)}</li>
              ))}
            </ul>
          </details>
        )}
        {card ? (
          <details className={styles.card} data-testid="card">
            <summary>Read its card</summary>
            <Markdown text={card} below={2} />
          </details>
        ) : (
          <p>It has no card: nobody has evaluated it.</p>
        )}
      </section>
    </>
  );
}
