import type { Judgement, ModelCard } from "../api/types";
import { percent, percentRange } from "../verdict/format";
import { arcPath, pointAt } from "../verdict/gauge";
import { toneOf } from "../verdict/headline";
import styles from "./Gauge.module.css";

type Props = { verdict: Judgement; card: ModelCard | null };

const CENTRE = { x: 120, y: 116 };
const RADIUS = 92;

/** The dank-o-meter: a needle at the probability, a band for its interval, a tick where dank begins. */
export function Gauge({ verdict, card }: Props) {
  const { probability, low, high } = verdict;
  const text = `Chance of dank ${percent(probability)}, likely between ${percentRange(low, high)}`;
  const needle = pointAt(probability, RADIUS + 8, CENTRE);

  return (
    <figure className={styles.gauge} data-testid="gauge">
      <svg viewBox="0 0 240 132" role="img" aria-label={text} data-tone={toneOf(verdict.label)}>
        <path className={styles.track} d={arcPath(0, 1, RADIUS, CENTRE)} />
        <path className={styles.band} d={arcPath(low, high, RADIUS, CENTRE)} />
        {card && <Tick at={card.dank_from} />}
        <path className={styles.needle} d={`M${CENTRE.x} ${CENTRE.y}L${needle.x} ${needle.y}`} />
        <circle className={styles.hub} cx={CENTRE.x} cy={CENTRE.y} r="8" />
        <text className={styles.end} x="28" y="130">
          0
        </text>
        <text className={styles.end} x="212" y="130">
          100
        </text>
      </svg>
      <figcaption>
        <span className={styles.number}>
          <b data-testid="probability">{percent(probability)}</b> chance of dank
        </span>
        <span>
          The chance is between <b data-testid="interval">{percentRange(low, high)}</b>
        </span>
        {card && (
          <span className={styles.fine}>
            A random meme: {percent(card.base_rate)}. We say “dank” from {percent(card.dank_from)}.
          </span>
        )}
      </figcaption>
    </figure>
  );
}

function Tick({ at }: { at: number }) {
  const inner = pointAt(at, RADIUS - 15, CENTRE);
  const outer = pointAt(at, RADIUS + 15, CENTRE);
  return <path className={styles.tick} d={`M${inner.x} ${inner.y}L${outer.x} ${outer.y}`} />;
}
