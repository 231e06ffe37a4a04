import type { ReliabilityBin } from "../../api/types";
import { percent, percentRange } from "../../verdict/format";
import styles from "./Diagram.module.css";
import { linear, radiusOf, ticksIn } from "./scale";
import { reliabilityInWords } from "./words";

type Props = { bins: readonly ReliabilityBin[]; baseRate: number | null };

const SIZE = { width: 300, height: 290 };
const BOX = { left: 40, right: 290, top: 10, bottom: 248 };
const TICKS = ticksIn([0, 1], 0.25);
const LARGEST = 11;
const toX = linear([0, 1], [BOX.left, BOX.right]);
const toY = linear([0, 1], [BOX.bottom, BOX.top]);

/** The reliability diagram: points on the diagonal are forecasts that came true as often as they said. */
export function Reliability({ bins, baseRate }: Props) {
  const most = Math.max(0, ...bins.map((bin) => bin.posts));
  return (
    <figure className={styles.figure}>
      <svg viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} role="img" aria-label={reliabilityInWords(bins)}>
        <Grid />
        <path className={styles.perfect} d={`M${toX(0)} ${toY(0)}L${toX(1)} ${toY(1)}`} />
        {baseRate !== null && <path className={styles.base} d={`M${toX(0)} ${toY(baseRate)}H${toX(1)}`} />}
        {bins.map((bin) => (
          <path
            key={bin.forecast}
            className={styles.whisker}
            d={`M${toX(bin.forecast)} ${toY(bin.low)}V${toY(bin.high)}`}
          />
        ))}
        {bins.map((bin) => (
          <circle
            key={bin.forecast}
            className={styles.point}
            cx={toX(bin.forecast)}
            cy={toY(bin.observed)}
            r={Math.max(3.5, radiusOf(bin.posts, most, LARGEST))}
          >
            <title>{`Forecast ${percent(bin.forecast)}, came true ${percent(bin.observed)} (${percentRange(bin.low, bin.high)}), ${bin.posts} posts`}</title>
          </circle>
        ))}
        <text className={styles.name} x={(BOX.left + BOX.right) / 2} y={SIZE.height - 6}>
          Forecast, %
        </text>
        <text className={styles.name} transform={`translate(11 ${(BOX.top + BOX.bottom) / 2}) rotate(-90)`}>
          Turned out dank, %
        </text>
      </svg>
      <Table bins={bins} />
    </figure>
  );
}

function Grid() {
  return (
    <>
      {TICKS.map((tick) => (
        <g key={tick}>
          <path className={styles.grid} d={`M${toX(tick)} ${BOX.top}V${BOX.bottom}`} />
          <path className={styles.grid} d={`M${BOX.left} ${toY(tick)}H${BOX.right}`} />
          <text className={styles.tick} x={toX(tick)} y={BOX.bottom + 17}>
            {tick * 100}
          </text>
          <text className={styles.tick} data-side="y" x={BOX.left - 6} y={toY(tick) + 4}>
            {tick * 100}
          </text>
        </g>
      ))}
    </>
  );
}

function Table({ bins }: { bins: readonly ReliabilityBin[] }) {
  return (
    <details className={styles.details}>
      <summary>The points as a table</summary>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Forecast</th>
            <th scope="col">Came true</th>
            <th scope="col">95 % interval</th>
            <th scope="col">Posts</th>
          </tr>
        </thead>
        <tbody>
          {bins.map((bin) => (
            <tr key={bin.forecast}>
              <td>{percent(bin.forecast)}</td>
              <td>{percent(bin.observed)}</td>
              <td>{percentRange(bin.low, bin.high)}</td>
              <td>{bin.posts}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
