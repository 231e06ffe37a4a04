import type { ScoreAt } from "../../api/types";
import styles from "./ScoreChart.module.css";
import { dated, hoursWords, scaleOf } from "./scores";

const FRAME = { width: 480, height: 220, left: 64, right: 26, top: 16, bottom: 30 };
const BASE = FRAME.height - FRAME.bottom;

type Props = { scores: ScoreAt[]; hours: number[] };

/** A post's score over its age, with a line at each of the ages that outcomes are taken at. */
export function ScoreChart({ scores, hours }: Props) {
  const points = dated(scores);
  const last = points.at(-1);
  if (!last) return null;
  const { x, y, most, least } = scaleOf(scores, FRAME);
  const line = points.map(({ hours: age, score }) => `${x(age).toFixed(1)} ${y(score).toFixed(1)}`).join("L");
  const text = `Score over time, from ${points[0]?.score} after ${hoursWords(points[0]?.hours ?? 0)} to ${last.score} after ${hoursWords(last.hours)}`;

  return (
    <svg
      className={styles.chart}
      viewBox={`0 0 ${FRAME.width} ${FRAME.height}`}
      role="img"
      aria-label={text}
      data-testid="score-chart"
    >
      {hours.map((age) => (
        <g key={age}>
          <path className={styles.guide} d={`M${x(age)} ${FRAME.top}V${BASE}`} />
          <text className={styles.label} x={x(age)} y={FRAME.height - 8}>
            {hoursWords(age)}
          </text>
        </g>
      ))}
      <path
        className={styles.axis}
        d={`M${FRAME.left} ${FRAME.top}V${BASE}M${FRAME.left} ${y(0)}H${FRAME.width - FRAME.right}`}
      />
      {[...new Set([least, 0, most])].map((score) => (
        <text key={score} className={styles.amount} x={FRAME.left - 8} y={y(score) + 5}>
          {score.toLocaleString()}
        </text>
      ))}
      <path className={styles.line} d={`M${line}`} />
      {points.map(({ hours: age, score }) => (
        <circle key={age} className={styles.point} cx={x(age)} cy={y(score)} r="5" />
      ))}
    </svg>
  );
}
