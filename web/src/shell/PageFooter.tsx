import { Link } from "wouter";
import { here, IS_DEMO } from "../place";
import styles from "./PageFooter.module.css";

const PLACES = IS_DEMO
  ? []
  : [
      { path: "/status", label: "Status" },
      { path: "/communities", label: "Communities" },
      { path: "/signin", label: "Sign in" },
    ];

export function PageFooter() {
  return (
    <footer className={styles.footer}>
      <p>Dank Meme Classifier. A forecast, not a verdict on you as a person.</p>
      <ul>
        {PLACES.map(({ path, label }) => (
          <li key={path}>
            <Link href={path}>{label}</Link>
          </li>
        ))}
        <li>
          <a href={here("/docs")}>API</a>
        </li>
      </ul>
    </footer>
  );
}
