import { Judge } from "../../components/Judge";
import styles from "./Trial.module.css";

/** What is shown while a meme waits for its verdict. */
export function Trial() {
  return (
    <div className={styles.trial} data-testid="pending">
      <Judge className={styles.judge} shades={false} />
      <p className={styles.word}>Hmm…</p>
      <p className={styles.line}>The judge is squinting at it.</p>
    </div>
  );
}
