import { useState } from "react";
import { Link } from "wouter";
import type { Model } from "../../api/types";
import { Comparison } from "../ledger/Comparison";
import { sideWords, tooLittle } from "../ledger/words";
import styles from "./Leaderboard.module.css";
import { SideSwitch } from "./SideSwitch";
import { pathOfModel, ranked, type SideKind, tellingSide } from "./words";

/** The versions side by side on the ledger, the one that ranks best first; live and replayed apart. */
export function Leaderboard({ models }: { models: readonly Model[] }) {
  const [chosen, choose] = useState<SideKind | null>(null);
  const side = chosen ?? tellingSide(models);
  const known = models.flatMap((model) => model[side] ?? []);
  const best = ranked(known);
  const short = known.filter((version) => !best.includes(version));
  const { what, none } = sideWords(side);
  return (
    <section className={styles.section} aria-labelledby="leaderboard" data-testid="leaderboard">
      <div className={styles.head}>
        <h2 id="leaderboard">Leaderboard</h2>
        <SideSwitch side={side} onChange={choose} />
      </div>
      <p className={styles.what}>{known.length > 0 ? what : none}</p>
      {best.length > 0 && (
        <Comparison
          versions={best}
          named={({ version }) => <Link href={pathOfModel(version)}>{version}</Link>}
        />
      )}
      {short.length > 0 && (
        <ul className={styles.short}>
          {short.map((version) => (
            <li key={version.version}>
              <Link href={pathOfModel(version.version)}>{version.version}</Link> {tooLittle(version)}
            </li>
          ))}
        </ul>
      )}
      {best.length > 1 && (
        <p className={styles.fine}>
          Versions may have forecast different posts. On the same ones they are compared by the gate, on a
          version's own page.
        </p>
      )}
    </section>
  );
}
