import { Link } from "wouter";
import styles from "./PageFooter.module.css";

export function PageFooter() {
  return (
    <footer className={styles.footer}>
      <p>Dank Meme Classifier. A forecast, not a verdict on you as a person.</p>
      <ul>
        <li>
          <Link href="/status">Status</Link>
        </li>
        <li>
          <Link href="/communities">Communities</Link>
        </li>
        <li>
          <a href="/docs">API</a>
        </li>
        <li>
          <Link href="/signin">Sign in</Link>
        </li>
      </ul>
    </footer>
  );
}
