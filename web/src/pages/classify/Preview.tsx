import { useState } from "react";
import type { Meme } from "./memes/meme";
import styles from "./Preview.module.css";

/** The picture as the browser shows it; its name where the browser can't. */
export function Preview({ meme }: { meme: Meme }) {
  const [broken, setBroken] = useState(false);
  if (broken) {
    return (
      <div className={styles.blank} data-testid="no-preview">
        <span aria-hidden="true">?</span>
        No preview for
        <br />
        <b>{meme.name}</b>
      </div>
    );
  }
  return (
    <img
      className={styles.image}
      src={meme.preview}
      alt={`Meme: ${meme.answer?.caption || meme.name}`}
      referrerPolicy="no-referrer"
      draggable={false}
      data-testid="preview"
      onError={() => setBroken(true)}
    />
  );
}
