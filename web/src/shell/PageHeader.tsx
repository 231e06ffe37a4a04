import { Link } from "wouter";
import { Navigation } from "./Navigation";
import styles from "./PageHeader.module.css";
import { SchemeToggle } from "./SchemeToggle";

export function PageHeader() {
  return (
    <header className={styles.header}>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <Link className={styles.brand} href="/" aria-label="Dank Meme Classifier">
        <img src="/favicon.svg" alt="" width={40} height={40} />
        <span>Dank Meme Classifier</span>
      </Link>
      <Navigation />
      <SchemeToggle />
    </header>
  );
}
