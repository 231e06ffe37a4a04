import { Link, useLocation } from "wouter";
import { More } from "./More";
import styles from "./Navigation.module.css";
import { currentAt, TABS } from "./tabs";

/** The tabs: beside the name on a wide screen, within reach of the thumb on a phone. */
export function Navigation() {
  const [pathname] = useLocation();
  return (
    <nav className={styles.tabs} aria-label="Pages">
      <ul>
        {TABS.map(({ path, label, short, icon }) => (
          <li key={path}>
            <Link className={styles.tab} href={path} aria-current={currentAt(pathname, path)}>
              <Icon path={icon} />
              <span className={styles.label}>{label}</span>
              <span className={styles.short}>{short}</span>
            </Link>
          </li>
        ))}
        <li>
          <More pathname={pathname} icon={<Icon path="M3 7h18M3 12h18M3 17h18" />} />
        </li>
      </ul>
    </nav>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg className={styles.icon} viewBox="0 0 24 24" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
