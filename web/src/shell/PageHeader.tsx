import { Link } from "wouter";
import { here, IS_DEMO } from "../place";
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
        <img src={here("/favicon.svg")} alt="" width={40} height={40} />
        <span>Dank Meme Classifier</span>
      </Link>
      {!IS_DEMO && <Navigation />}
      <SchemeToggle />
    </header>
  );
}
