import { useLocation, useSearch } from "wouter";
import type { LedgerVersion, Model } from "../../api/types";
import { boundsOf } from "../ledger/line";
import { OverTime } from "../ledger/OverTime";
import { Reliability } from "../ledger/Reliability";
import { domainAround } from "../ledger/scale";
import { sideWords, tooLittle } from "../ledger/words";
import { MissesView } from "./MissesView";
import styles from "./ModelPage.module.css";
import { SideSwitch } from "./SideSwitch";
import { searchOf, type View, viewOf } from "./view";
import { pathOfModel, tellingSide } from "./words";

/** How a version's forecasts met outcomes, of one side at a time: diagrams, and the posts themselves. */
export function Outcomes({ model }: { model: Model }) {
  const view = viewOf(useSearch());
  const [, navigate] = useLocation();
  const side = view.side ?? tellingSide([model]);
  const { what, none } = sideWords(side);
  const found = model[side];

  function change(part: Partial<View>) {
    const path = `${pathOfModel(model.version)}?${searchOf({ ...view, side, ...part })}`;
    navigate(path, { replace: true });
  }

  return (
    <>
      <section className={styles.section} aria-labelledby="outcomes" data-testid="outcomes" data-side={side}>
        <div className={styles.head}>
          <h2 id="outcomes">Forecasts and outcomes</h2>
          <SideSwitch side={side} onChange={(chosen) => change({ side: chosen })} />
        </div>
        <p>{found ? what : none}</p>
        {found && (found.enough ? <Diagrams found={found} /> : <p>{tooLittle(found)}</p>)}
      </section>
      <MissesView version={model.version} view={{ ...view, side }} onChange={change} />
    </>
  );
}

function Diagrams({ found }: { found: LedgerVersion }) {
  const domain = domainAround(boundsOf([found]), 0.1);
  return (
    <>
      <div className={styles.diagrams}>
        {found.reliability.length > 0 && <Reliability bins={found.reliability} baseRate={found.base_rate} />}
        <OverTime spans={found.over_time} figure="auc" title="AUC" domain={domain} />
        <OverTime spans={found.over_time} figure="pair_accuracy" title="Pairs right" domain={domain} />
      </div>
      <p className={styles.fine}>
        A dot on the dashed diagonal is a forecast that came true as often as it said; the larger the dot, the
        more posts. Bars and bands are 95 % intervals.
      </p>
    </>
  );
}
