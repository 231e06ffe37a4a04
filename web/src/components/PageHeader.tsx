import styles from "./PageHeader.module.css";
import { SchemeToggle } from "./SchemeToggle";

export function PageHeader() {
  return (
    <header className={styles.header}>
      <a className={styles.brand} href="/">
        <img src="/favicon.svg" alt="" width={40} height={40} />
        Dank Meme Classifier
      </a>
      <SchemeToggle />
    </header>
  );
}
