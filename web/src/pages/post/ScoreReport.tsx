import type { Outcome, PostPage } from "../../api/types";
import { spanWords } from "../../posts/age";
import { useNow } from "../../posts/clock";
import { percent } from "../../verdict/format";
import { ScoreChart } from "./ScoreChart";
import styles from "./ScoreReport.module.css";
import { comparison, dated, hoursWords } from "./scores";
import table from "./Table.module.css";

/** How the post did at its source, against what was said of it. */
export function ScoreReport({ page: { post, scores, outcomes } }: { page: PostPage }) {
  const said = comparison(post.verdict, outcomes);
  const points = dated(scores);
  if (points.length === 0 && outcomes.length === 0) return null;

  return (
    <section className={table.section} aria-labelledby="scores-title">
      <h2 id="scores-title">{post.verdict ? "Was the judge right?" : "How it does"}</h2>
      {said && <p>{said}</p>}
      <div className={styles.columns}>
        {points.length > 0 && (
          <div className={styles.history}>
            <ScoreChart scores={scores} hours={outcomes.map(({ hours }) => hours)} />
            <details>
              <summary>The scores as a table</summary>
              <table className={table.table}>
                <thead>
                  <tr>
                    <th scope="col">Age</th>
                    <th scope="col">Score</th>
                  </tr>
                </thead>
                <tbody>
                  {points.map(({ hours, score }) => (
                    <tr key={hours}>
                      <th scope="row">{hoursWords(hours)}</th>
                      <td>{score.toLocaleString()}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </details>
          </div>
        )}
        {outcomes.length > 0 && <Outcomes outcomes={outcomes} forecast={post.verdict?.percentile ?? null} />}
      </div>
    </section>
  );
}

function Outcomes({ outcomes, forecast }: { outcomes: Outcome[]; forecast: number | null }) {
  return (
    <div>
      <table className={table.table} data-testid="outcomes">
        <thead>
          <tr>
            <th scope="col">After</th>
            <th scope="col">Score</th>
            <th scope="col">Did better than</th>
          </tr>
        </thead>
        <tbody>
          {outcomes.map((outcome) => (
            <tr key={outcome.hours} data-state={outcome.state}>
              <th scope="row">{hoursWords(outcome.hours)}</th>
              <Result outcome={outcome} forecast={forecast} />
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.fine}>
        Compared with the community's posts of that time.{" "}
        {forecast !== null && "The line marks the forecast."}
      </p>
    </div>
  );
}

function Result({ outcome, forecast }: { outcome: Outcome; forecast: number | null }) {
  const { state, score, percentile, due_utc } = outcome;
  const wait = due_utc - useNow();
  if (state === "pending")
    return <td colSpan={2}>{wait > 0 ? `Due in ${spanWords(wait)}` : "Due any moment"}</td>;
  if (state === "missed") return <td colSpan={2}>Missed. Nobody looked in time, so it stays blank.</td>;
  return (
    <>
      <td>{score?.toLocaleString() ?? "—"}</td>
      <td>
        {percentile === null ? (
          "Too few posts to compare"
        ) : (
          <span className={styles.rank}>
            <span className={styles.bar} aria-hidden="true">
              <span style={{ width: `${percentile * 100}%` }} />
              {forecast !== null && <i style={{ left: `${forecast * 100}%` }} />}
            </span>
            {percent(percentile)}
          </span>
        )}
      </td>
    </>
  );
}
