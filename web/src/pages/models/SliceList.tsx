import type { Slice } from "../../api/types";
import { Thumbnail } from "../../posts/Thumbnail";
import { figure } from "../../verdict/format";
import { withInterval } from "../ledger/words";
import styles from "./SliceList.module.css";
import { groupsOf, sliceName, type View } from "./view";

type Props = { slices: readonly Slice[]; view: View; onChange: (part: Partial<View>) => void };

/** The slices, each a button: how many posts, and how well the version ranks them. */
export function SliceList({ slices, view, onChange }: Props) {
  const everything = slices.find(({ by }) => by === "all");
  const button = (slice: Slice) => (
    <SliceButton
      key={`${slice.by} ${slice.name}`}
      slice={slice}
      pressed={view.by === slice.by && view.name === slice.name}
      onClick={() => onChange({ by: slice.by, name: slice.name })}
    />
  );
  return (
    <div className={styles.groups} data-testid="slices">
      {everything && <div className={styles.slices}>{button(everything)}</div>}
      {groupsOf(slices).map((group) => (
        <fieldset key={group.title} className={styles.group}>
          <legend>{group.title}</legend>
          <div className={styles.slices}>{group.slices.map(button)}</div>
        </fieldset>
      ))}
    </div>
  );
}

type ButtonProps = { slice: Slice; pressed: boolean; onClick: () => void };

function SliceButton({ slice, pressed, onClick }: ButtonProps) {
  const { posts, auc, message, picture, nsfw, by, name } = slice;
  return (
    <button
      type="button"
      className={styles.slice}
      aria-pressed={pressed}
      title={message ?? undefined}
      onClick={onClick}
      data-testid="slice"
      data-slice={`${by} ${name}`.trim()}
    >
      {picture && (
        <span className={styles.picture}>
          <Thumbnail picture={picture} alt="" nsfw={nsfw} />
        </span>
      )}
      <span className={styles.words}>
        <b>{sliceName(slice)}</b>
        <span className={styles.fine}>
          {posts.toLocaleString("en")} {posts === 1 ? "post" : "posts"}
        </span>
        <span className={styles.fine} title={auc ? withInterval(auc) : undefined}>
          {auc
            ? `AUC ${figure(auc.value)} (${auc.low.toFixed(2)}–${auc.high.toFixed(2)})`
            : "too few for a figure"}
        </span>
      </span>
    </button>
  );
}
