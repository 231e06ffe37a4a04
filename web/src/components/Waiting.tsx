import { Judge } from "./Judge";
import styles from "./Waiting.module.css";

/** What is shown while a page or its content is on the way. */
export function Waiting({ what }: { what: string }) {
  return (
    <div className={styles.waiting} role="status">
      <Judge className={styles.judge} shades={false} />
      <p>{what}</p>
    </div>
  );
}
