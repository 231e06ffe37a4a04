import { Link, useLocation } from "wouter";
import styles from "./DankerTabs.module.css";

const VIEWS = [
  { path: "/danker", label: "Judge" },
  { path: "/danker/leaderboard", label: "Leaderboard" },
] as const;

/** From judging to what came of it, and back. */
export function DankerTabs() {
  const [pathname] = useLocation();
  return (
    <nav aria-label="Which is danker?">
      <ul className={styles.tabs}>
        {VIEWS.map(({ path, label }) => (
          <li key={path}>
            <Link href={path} aria-current={pathname === path ? "page" : undefined}>
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
