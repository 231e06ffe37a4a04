import type { Drift } from "../../api/types";
import { capitalised, sentence } from "../../verdict/format";
import { Tag } from "../status/Panel";
import styles from "./Audit.module.css";
import page from "./ModelPage.module.css";
import { driftMark } from "./words";

/** Whether the version that answers still meets what it learnt for. */
export function DriftReport({ drift: { version, due, words, checks } }: { drift: Drift }) {
  return (
    <section className={page.section} aria-labelledby="drift" data-testid="drift" data-due={due}>
      <h2 id="drift">Drift</h2>
      <p>
        {version && (
          <>
            The newest posts that <b>{version}</b> met, against those before.{" "}
          </>
        )}
        {due ? <b>{sentence(words)}</b> : sentence(words)}
      </p>
      <ul className={styles.findings}>
        {checks.map((check) => {
          const { name, tone } = driftMark(check);
          return (
            <li key={check.name}>
              <b>{capitalised(check.name)}</b> <Tag tone={tone}>{name}</Tag>
              <span className={styles.words}>{sentence(check.words)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
