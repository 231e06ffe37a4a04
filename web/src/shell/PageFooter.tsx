import { Link } from "wouter";
import { useSession } from "../pages/signin/useSession";
import { here, IS_DEMO } from "../place";
import styles from "./PageFooter.module.css";

export function PageFooter() {
  return (
    <footer className={styles.footer}>
      <p>Dank Meme Classifier. A forecast, not a verdict on you as a person.</p>
      <ul>
        {!IS_DEMO && <Places />}
        <li>
          <a href={here("/docs")}>API</a>
        </li>
      </ul>
    </footer>
  );
}

function Places() {
  const { admin } = useSession();
  const places = {
    "/status": "Status",
    "/communities": "Communities",
    "/signin": admin ? "Signed in" : "Sign in",
  };
  return Object.entries(places).map(([path, label]) => (
    <li key={path}>
      <Link href={path}>{label}</Link>
    </li>
  ));
}
