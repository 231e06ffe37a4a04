import type { LedgerSpan } from "../../api/types";
import { day } from "../status/moment";
import styles from "./Diagram.module.css";
import { areaBetween, type FigureName, pathThrough, type Reading, runsOf } from "./line";
import { linear, type Range, ticksIn } from "./scale";
import { withInterval } from "./words";

type Props = { spans: readonly LedgerSpan[]; figure: FigureName; title: string; domain: Range };

const SIZE = { width: 300, height: 150 };
const BOX = { left: 40, right: 290, top: 10, bottom: 126 };
const STEP = 0.1;

/** One figure over time: a line through the spans, its interval as a band, and the line of chance. */
export function OverTime({ spans, figure, title, domain }: Props) {
  const runs = runsOf(spans, figure);
  const readings = runs.flat();
  const [first, last] = [spans.at(0), spans.at(-1)];
  if (!first || !last || readings.length === 0) return null;

  const x = linear([first.from_utc, last.until_utc], [BOX.left, BOX.right]);
  const y = linear(domain, [BOX.bottom, BOX.top]);
  const points = (run: Reading[], of: (reading: Reading) => number) =>
    run.map((reading) => [x(reading.at), y(of(reading))] as const);

  return (
    <figure className={styles.figure}>
      <figcaption>{title} over time</figcaption>
      <svg viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} role="img" aria-label={inWords(title, readings)}>
        {ticksIn(domain, STEP).map((tick) => (
          <g key={tick}>
            <path
              className={tick === 0.5 ? styles.chance : styles.grid}
              d={`M${BOX.left} ${y(tick)}H${BOX.right}`}
            />
            <text className={styles.tick} data-side="y" x={BOX.left - 6} y={y(tick) + 4}>
              {tick.toFixed(1)}
            </text>
          </g>
        ))}
        {runs.map((run) => (
          <g key={run[0]?.at}>
            <path
              className={styles.band}
              d={areaBetween(
                points(run, (it) => it.figure.high),
                points(run, (it) => it.figure.low),
              )}
            />
            <path className={styles.line} d={pathThrough(points(run, (it) => it.figure.value))} />
          </g>
        ))}
        {readings.map((reading) => (
          <Dot key={reading.at} reading={reading} x={x(reading.at)} y={y} />
        ))}
        <text className={styles.tick} data-side="start" x={BOX.left} y={SIZE.height - 6}>
          {day(first.from_utc)}
        </text>
        <text className={styles.tick} data-side="y" x={BOX.right} y={SIZE.height - 6}>
          {day(last.until_utc)}
        </text>
      </svg>
    </figure>
  );
}

type DotProps = { reading: Reading; x: number; y: (value: number) => number };

function Dot({ reading: { at, posts, figure }, x, y }: DotProps) {
  return (
    <g>
      {/* A reading without neighbours has no band to show its interval. */}
      <path className={styles.whisker} data-faint d={`M${x} ${y(figure.low)}V${y(figure.high)}`} />
      <circle className={styles.point} cx={x} cy={y(figure.value)} r={4}>
        <title>{`${day(at)}: ${withInterval(figure)}, ${posts} posts`}</title>
      </circle>
    </g>
  );
}

function inWords(title: string, readings: readonly Reading[]): string {
  const points = readings.map(({ at, figure }) => `${day(at)} ${withInterval(figure)}`);
  return `${title} over time: ${points.join("; ")}. Chance is 0.5.`;
}
