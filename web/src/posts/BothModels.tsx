import type { Forecast, Post } from "../api/types";
import { percent } from "../verdict/format";
import styles from "./BothModels.module.css";

/** What the two models say, each by itself. */
export function BothModels({ post: { models, pending } }: { post: Pick<Post, "models" | "pending"> }) {
  return (
    <p className={styles.both} data-testid="both-models">
      <span>
        Picture alone <Chance forecast={models.cnn} pending={pending} />
      </span>{" "}
      <span>
        With caption <Chance forecast={models.automl} pending={pending} />
      </span>
    </p>
  );
}

function Chance({ forecast, pending }: { forecast: Forecast | null; pending: boolean }) {
  if (forecast) return <b>{percent(forecast.probability)}</b>;
  return pending ? (
    <i>still thinking</i>
  ) : (
    <b role="img" aria-label="no answer">
      —
    </b>
  );
}
