import type { ReactNode } from "react";
import type { ClassifyAnswer } from "../../api/types";
import { duration, percent, percentRange } from "../../verdict/format";
import styles from "./Working.module.css";

type Model = ClassifyAnswer["models"]["cnn"];

/** How the verdict came about, for those who ask. */
export function Working({ answer }: { answer: ClassifyAnswer }) {
  const { verdict, models, image } = answer;
  return (
    <details className={styles.details} data-testid="details">
      <summary>Show the working</summary>
      <dl className={styles.facts}>
        <Fact name="Chance of dank">
          {percent(verdict.probability)} (interval {percentRange(verdict.low, verdict.high)})
        </Fact>
        <Fact name="Percentile">{percent(verdict.percentile)}</Fact>
        <Fact name="Compared with">{verdict.compared_with}</Fact>
        <Fact name="CNN says" testId="model-cnn">
          <Score model={models.cnn} />
        </Fact>
        <Fact name="AutoML says" testId="model-automl">
          <Score model={models.automl} />
        </Fact>
        <Fact name="It took" testId="took">
          {duration(answer.milliseconds)}
        </Fact>
        <Fact name="Picture">
          {image.format}, {image.width} × {image.height} pixels
          {image.animated && ", animated (first frame judged)"}
        </Fact>
        <Fact name="SHA-256" testId="sha256">
          <code>{answer.sha256}</code>
        </Fact>
        <Fact name="PDQ hash" testId="pdq">
          <code>{answer.pdq}</code>
        </Fact>
      </dl>
    </details>
  );
}

function Fact({ name, testId, children }: { name: string; testId?: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={testId}>{children}</dd>
    </div>
  );
}

function Score({ model }: { model: Model }) {
  if (!model) return <span title="Not asked, or could not answer">—</span>;
  return (
    <>
      {percent(model.probability)} <small>({model.version})</small>
    </>
  );
}
