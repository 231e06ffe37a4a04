import { Button } from "@mantine/core";
import { useCallback, useRef, useState } from "react";
import type { Source } from "../../api/classify";
import { Judge } from "../../components/Judge";
import styles from "./DropZone.module.css";
import { readClipboard } from "./memes/clipboard";
import { useIncoming } from "./useIncoming";

type Props = { onAdd: (sources: Source[]) => void };

const NOTHING = "No picture and no link in there. Copy an image or its address, then paste again.";
const REFUSED = "The browser won't let us peek at the clipboard. Press Ctrl + V (or ⌘ V) instead.";

/** The stage: a meme in waiting. Drops and pastes count anywhere on the page. */
export function DropZone({ onAdd }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [note, setNote] = useState("");

  const take = useCallback(
    (sources: Source[]) => {
      setNote(sources.length > 0 ? "" : NOTHING);
      if (sources.length > 0) onAdd(sources);
    },
    [onAdd],
  );
  const over = useIncoming(
    take,
    useCallback(() => setNote(NOTHING), []),
  );

  const line = over ? "Let it go" : "Drop your meme";

  return (
    <div className={styles.stage} data-over={over || undefined} data-testid="drop-zone">
      <p className={styles.line} data-text={line}>
        {line}
      </p>
      <Judge className={styles.judge} shades={over} />
      <div className={styles.actions}>
        <Button size="md" data-tone="loud" onClick={() => input.current?.click()}>
          Choose pictures
        </Button>
        {"clipboard" in navigator && "read" in navigator.clipboard && (
          <Button size="md" onClick={() => readClipboard().then(take, () => setNote(REFUSED))}>
            Paste
          </Button>
        )}
      </div>
      <p className={styles.hint}>
        <span className={styles.keys}>or press Ctrl + V anywhere. </span>Several at once? We'll rank them.
      </p>
      <p className={styles.note} role="status">
        {note}
      </p>
      <input
        ref={input}
        className={styles.input}
        type="file"
        accept="image/*"
        multiple
        tabIndex={-1}
        aria-label="Pictures to judge"
        data-testid="file-input"
        onChange={(event) => {
          take([...(event.target.files ?? [])].map((file) => ({ kind: "file", file })));
          event.target.value = "";
        }}
      />
    </div>
  );
}
