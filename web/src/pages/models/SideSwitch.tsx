import controls from "../../styles/controls.module.css";
import { sideWords } from "../ledger/words";
import styles from "./Chips.module.css";
import type { SideKind } from "./words";

type Props = { side: SideKind; onChange: (side: SideKind) => void };

/** Live or replayed: one of the two, never both. */
export function SideSwitch({ side, onChange }: Props) {
  return (
    <fieldset className={styles.chips}>
      <legend>Forecasts</legend>
      {(["live", "replayed"] as const).map((kind) => (
        <button
          key={kind}
          type="button"
          className={controls.chip}
          aria-pressed={side === kind}
          onClick={() => onChange(kind)}
          data-testid={`side-${kind}`}
        >
          {sideWords(kind).title}
        </button>
      ))}
    </fieldset>
  );
}
