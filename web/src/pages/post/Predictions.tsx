import type { Prediction } from "../../api/types";
import { duration, percent, percentRange, sentence } from "../../verdict/format";
import { MODEL_NAMES } from "../../verdict/models";
import styles from "./Table.module.css";

/** What every model version makes of the post, in whatever state it is. */
export function Predictions({ predictions }: { predictions: Prediction[] }) {
  if (predictions.length === 0) return null;
  return (
    <section className={styles.section} aria-labelledby="predictions-title">
      <h2 id="predictions-title">Who says what</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard. */}
      <section className={styles.scroll} aria-label="Predictions" tabIndex={0}>
        <table className={styles.table} data-testid="predictions">
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Version</th>
              <th scope="col">Chance of dank</th>
              <th scope="col">Ranks above</th>
              <th scope="col">It took</th>
            </tr>
          </thead>
          <tbody>
            {predictions.map((prediction) => (
              <Row key={`${prediction.model} ${prediction.version}`} prediction={prediction} />
            ))}
          </tbody>
        </table>
      </section>
      <p className={styles.fine}>In brackets: the interval that the chance lies in.</p>
    </section>
  );
}

function Row({ prediction }: { prediction: Prediction }) {
  const { model, version, active, state, forecast, milliseconds, code, message } = prediction;
  return (
    <tr data-state={state}>
      <th scope="row">{MODEL_NAMES[model]}</th>
      <td className={styles.figure}>
        {version}
        {!active && <span className={styles.badge}>retired</span>}
      </td>
      {forecast ? (
        <>
          <td className={styles.figure}>
            <b>{percent(forecast.probability)}</b> ({percentRange(forecast.low, forecast.high)})
          </td>
          <td>{percent(forecast.percentile)}</td>
        </>
      ) : (
        <td colSpan={2}>
          {state === "pending" ? (
            <i>Still thinking</i>
          ) : (
            <>
              <b>Failed.</b> {sentence(message ?? code ?? "nobody knows why")}
            </>
          )}
        </td>
      )}
      <td>{milliseconds === null ? "—" : duration(milliseconds)}</td>
    </tr>
  );
}
