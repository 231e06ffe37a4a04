import { capitalised, sentence } from "../../verdict/format";
import { Tag } from "../status/Panel";
import styles from "./Audit.module.css";
import page from "./ModelPage.module.css";
import type { Finding } from "./report";

/** Every check that looked for what would make the version look better than it is. */
export function Audit({ findings }: { findings: readonly Finding[] }) {
  return (
    <section className={page.section} aria-labelledby="audit" data-testid="audit">
      <h2 id="audit">Audit</h2>
      <ul className={styles.findings}>
        {findings.map(({ name, passed, severity, words }) => (
          <li key={name}>
            <b>{capitalised(name)}</b>{" "}
            <Tag tone={passed ? "good" : "bad"}>{passed ? "passed" : severity}</Tag>
            <span className={styles.words}>{sentence(words)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
