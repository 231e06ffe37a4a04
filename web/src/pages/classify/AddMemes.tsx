import type { Source } from "../../api/classify";
import styles from "./AddMemes.module.css";
import { DropZone } from "./DropZone";
import { Examples } from "./Examples";
import { LinkField } from "./LinkField";

type Props = { onAdd: (sources: Source[]) => void };

/** Every way in: drop, choose, paste, link, example. */
export function AddMemes({ onAdd }: Props) {
  return (
    <section className={styles.add} aria-label="Add memes">
      <DropZone onAdd={onAdd} />
      <LinkField onAdd={onAdd} />
      <Examples onAdd={onAdd} />
      <p className={styles.promise} data-testid="privacy">
        <strong>Your upload is not stored.</strong> It is looked at, judged, and dropped. Links are fetched by
        our server; their preview comes straight to your browser.
      </p>
    </section>
  );
}
