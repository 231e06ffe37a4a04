import type { Interval, LedgerVersion } from "../../api/types";
import { figure } from "../../verdict/format";
import styles from "./Comparison.module.css";
import { domainAround, linear, type Range } from "./scale";
import { couldBeChance, FIGURES, type FigureOf, nameOf } from "./words";

type Row = { version: LedgerVersion; interval: Interval };

/** The versions side by side: for each figure a row a version, its value with its interval on one scale. */
export function Comparison({ versions }: { versions: readonly LedgerVersion[] }) {
  return (
    <div className={styles.figures}>
      {FIGURES.map((each) => {
        const rows = versions.flatMap((version) => {
          const interval = version[each.key];
          return interval ? [{ version, interval }] : [];
        });
        return rows.length > 0 && <FigureTable key={each.key} figure={each} rows={rows} />;
      })}
    </div>
  );
}

function FigureTable({ figure: { name, what, chance }, rows }: { figure: FigureOf; rows: readonly Row[] }) {
  const bounds = rows.flatMap(({ interval }) => [interval.low, interval.high]);
  const domain: Range = chance === null ? [0, Math.max(...bounds)] : domainAround(bounds, 0.05);
  return (
    <table className={styles.table}>
      <caption>
        <b>{name}</b> {what}
      </caption>
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col">Value and 95 % interval</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ version, interval }) => (
          <tr key={`${version.model} ${version.version}`}>
            <th scope="row">
              {nameOf(version.model)} <span className={styles.version}>{version.version}</span>
            </th>
            <td>
              <b>{figure(interval.value)}</b>{" "}
              <span className={styles.interval}>
                {figure(interval.low)} to {figure(interval.high)}
              </span>
              <Whisker interval={interval} domain={domain} chance={chance} />
              {couldBeChance(interval, chance) && <span className={styles.chance}>Could be pure chance</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type WhiskerProps = { interval: Interval; domain: Range; chance: number | null };

function Whisker({ interval: { value, low, high }, domain, chance }: WhiskerProps) {
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
