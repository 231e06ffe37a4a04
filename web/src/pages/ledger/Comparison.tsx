import type { ReactNode } from "react";
import type { Interval, LedgerVersion } from "../../api/types";
import { figure } from "../../verdict/format";
import styles from "./Comparison.module.css";
import { domainAround, type Range } from "./scale";
import { Whisker } from "./Whisker";
import { couldBeChance, FIGURES, type FigureOf, nameOf } from "./words";

type Row = { version: LedgerVersion; interval: Interval };

type Named = (version: LedgerVersion) => ReactNode;
type Props = { versions: readonly LedgerVersion[]; named?: Named };

/** The versions side by side: for each figure a row a version, its value with its interval on one scale. */
export function Comparison({ versions, named = inFull }: Props) {
  return (
    <div className={styles.figures}>
      {FIGURES.map((each) => {
        const rows = versions.flatMap((version) => {
          const interval = version[each.key];
          return interval ? [{ version, interval }] : [];
        });
        return rows.length > 0 && <FigureTable key={each.key} figure={each} rows={rows} named={named} />;
      })}
    </div>
  );
}

type TableProps = { figure: FigureOf; rows: readonly Row[]; named: Named };

function FigureTable({ figure: { name, what, chance }, rows, named }: TableProps) {
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
            <th scope="row">{named(version)}</th>
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

function inFull({ model, version }: LedgerVersion): ReactNode {
  return (
    <>
      {nameOf(model)} <span className={styles.version}>{version}</span>
    </>
  );
}
