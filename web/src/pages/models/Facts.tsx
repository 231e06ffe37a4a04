import type { Model } from "../../api/types";
import { Age } from "../../posts/Age";
import { size } from "../status/size";
import styles from "./Terms.module.css";
import { shortened } from "./words";

/** What else is known of a version: what it predicted, learnt from and is compared with. */
export function Facts({ model }: { model: Model }) {
  const { predictions, pending, failed, dataset, compared_with, bytes, added_utc, shipped } = model;
  return (
    <dl className={styles.terms} data-testid="facts">
      <div>
        <dt>Predictions</dt>
        <dd>
          {predictions.toLocaleString("en")} made
          {pending > 0 && `, ${pending.toLocaleString("en")} pending`}
          {failed > 0 && <b>, {failed.toLocaleString("en")} failed</b>}
        </dd>
      </div>
      <div>
        <dt>Dataset</dt>
        <dd title={dataset}>{shortened(dataset) || "not written down"}</dd>
      </div>
      {compared_with && (
        <div>
          <dt>Compares with</dt>
          <dd>{compared_with}</dd>
        </div>
      )}
      <div>
        <dt>Size</dt>
        <dd>
          {size(bytes)}
          {shipped && ", ships with the program"}
        </dd>
      </div>
      <div>
        <dt>Registered</dt>
        <dd>
          <Age utc={added_utc} />
        </dd>
      </div>
    </dl>
  );
}
