import type { Status } from "../../api/types";
import styles from "./Rates.module.css";

type Rate = Status["rates"][number];

const NAMES: Record<Rate["name"], string> = {
  posts: "Posts",
  images: "Pictures",
  predictions: "Predictions",
  votes: "Votes",
};

type Props = { rates: readonly Rate[]; posts: number; images: number };

/** What came in and went out in the last hour and day, and how much there is in all. */
export function Rates({ rates, posts, images }: Props) {
  const totals: Partial<Record<Rate["name"], number>> = { posts, images };
  return (
    <dl className={styles.rates} aria-label="Rates">
      {rates.map(({ name, hour, day }) => (
        <div key={name} className={styles.rate}>
          <dt>{NAMES[name]}</dt>
          <dd className={styles.hour}>
            <b>{hour.toLocaleString("en")}</b> in the last hour
          </dd>
          <dd>{day.toLocaleString("en")} in a day</dd>
          {totals[name] !== undefined && <dd>{totals[name].toLocaleString("en")} in all</dd>}
        </div>
      ))}
    </dl>
  );
}
