import type { Interval } from "../../api/types";
import { domainAround } from "../ledger/scale";
import { Whisker } from "../ledger/Whisker";
import { withInterval } from "../ledger/words";
import styles from "./Ladder.module.css";
import page from "./ModelPage.module.css";
import type { Rung } from "./report";
import { signed, signedSpan } from "./words";

/** What is gained by knowing more, from nothing at all to everything. */
export function Ladder({ rungs }: { rungs: readonly Rung[] }) {
  const bounds = rungs
    .flatMap(({ alone, joined }) => [alone, joined])
    .flatMap((each) => (each ? [each.low, each.high] : []));
  const domain = domainAround(bounds, 0.05);
  const stacked = rungs.some(({ joined }) => joined);
  return (
    <section className={page.section} aria-labelledby="ladder" data-testid="ladder">
      <h2 id="ladder">The ladder</h2>
      <p>
        What is gained by knowing more, as AUC on its own test part.
        {stacked && " The claim is the gain of each rung over those below, not the top one."}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard. */}
      <div className={styles.scroll} tabIndex={0}>
        <table className={styles.table} data-stacked={stacked || undefined}>
          <thead>
            <tr>
              <th scope="col">Known</th>
              <th scope="col">Alone</th>
              {stacked && <th scope="col">With all below</th>}
              {stacked && <th scope="col">Gain</th>}
            </tr>
          </thead>
          <tbody>
            {rungs.map(({ name, alone, joined, increment }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <Cell interval={alone} domain={domain} />
                {stacked && <Cell interval={joined} domain={domain} />}
                {stacked && (
                  <td data-sure={(increment !== null && increment.low > 0) || undefined}>
                    {increment ? `${signed(increment.value)} (${signedSpan(increment)})` : "—"}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Cell({ interval, domain }: { interval: Interval | null; domain: readonly [number, number] }) {
  return (
    <td>
      {withInterval(interval)}
      {interval && <Whisker interval={interval} domain={domain} chance={0.5} />}
    </td>
  );
}
