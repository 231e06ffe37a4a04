import type { Interval } from "../../api/types";
import { linear, type Range } from "./scale";
import styles from "./Whisker.module.css";

type Props = { interval: Interval; domain: Range; chance: number | null };

/** A figure as a dot and its interval as a line; dashed across it what a coin would get. */
export function Whisker({ interval: { value, low, high }, domain, chance }: Props) {
  const x = linear(domain, [6, 194]);
  return (
    <svg className={styles.plot} viewBox="0 0 200 20" preserveAspectRatio="none" aria-hidden="true">
      <path className={styles.axis} d="M0 10H200" />
      {chance !== null && <path className={styles.coin} d={`M${x(chance)} 0V20`} />}
      <path className={styles.whisker} d={`M${x(low)} 10H${x(high)}M${x(low)} 5V15M${x(high)} 5V15`} />
      <path className={styles.value} d={`M${x(value)} 10h0`} />
    </svg>
  );
}
