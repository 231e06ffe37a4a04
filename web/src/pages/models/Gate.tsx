import type { Difference, GateRuling } from "../../api/types";
import { figure, sentence } from "../../verdict/format";
import { Tag } from "../status/Panel";
import styles from "./Gate.module.css";
import { signed, signedSpan } from "./words";

/** What the gate says of a version against the one that answers, with its figures. */
export function Gate({ ruling }: { ruling: GateRuling }) {
  return (
    <div className={styles.gate} data-passed={ruling.passed} data-testid="gate" data-code={ruling.code}>
      <p>
        <Tag tone={ruling.passed ? "good" : "bad"}>
          {ruling.passed ? "the gate lets it pass" : "the gate refuses"}
        </Tag>
      </p>
      <p>{sentence(ruling.words)}</p>
      {ruling.auc && (
        <table className={styles.table}>
          <thead>
            <tr>
              <td />
              <th scope="col">This one</th>
              <th scope="col">Active</th>
              <th scope="col">Difference</th>
            </tr>
          </thead>
          <tbody>
            <Row name="AUC" found={ruling.auc} />
            {ruling.brier && <Row name="Brier score" found={ruling.brier} />}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Row({
  name,
  found: { candidate, active, difference, verdict },
}: {
  name: string;
  found: Difference;
}) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{figure(candidate)}</td>
      <td>{figure(active)}</td>
      <td>
        <b>{signed(difference.value)}</b> <span>{signedSpan(difference)}</span>
        <span className={styles.verdict}>{verdict}</span>
      </td>
    </tr>
  );
}
