import styles from "./Reveal.module.css";

/** Lies over a blurred picture and takes the blur away on a click. */
export function Reveal({ onShow }: { onShow: () => void }) {
  return (
    <button type="button" className={styles.reveal} onClick={onShow} data-testid="reveal">
      <b>Not safe for work</b>
      <span>Show it anyway</span>
    </button>
  );
}
