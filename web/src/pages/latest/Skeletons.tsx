import styles from "./Skeletons.module.css";

const COUNT = 6;

/** Cards in the making. */
export function Skeletons() {
  return (
    <div className={styles.skeletons} aria-hidden="true">
      {Array.from({ length: COUNT }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same.
        <div key={index} className={styles.card}>
          <div className={styles.picture} />
          <div className={styles.line} />
          <div className={styles.short} />
          <div className={styles.line} />
        </div>
      ))}
    </div>
  );
}
