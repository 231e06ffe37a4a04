import { Link } from "wouter";
import { Judge } from "../../components/Judge";
import { Panel } from "../status/Panel";
import styles from "./SignInFirst.module.css";

/** For guests: what this page is, and the way in. */
export function SignInFirst() {
  return (
    <Panel title="Staff only">
      <div className={styles.row}>
        <Judge className={styles.judge} shades />
        <div className={styles.words}>
          <p>
            Here, those who run this place choose which communities are read, and how often. What came of it
            is on the <Link href="/status">status page</Link>, for everyone.
          </p>
          <p>
            <Link href="/signin?next=/communities" data-testid="to-sign-in">
              Sign in with the admin token
            </Link>
          </p>
        </div>
      </div>
    </Panel>
  );
}
