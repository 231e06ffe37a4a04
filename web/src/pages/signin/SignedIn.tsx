import { Button } from "@mantine/core";
import { Link } from "wouter";
import { signOut } from "../../api/session";
import { Panel } from "../status/Panel";
import { Trouble } from "../status/Trouble";
import { useDoing } from "../status/useDoing";
import styles from "./SignedIn.module.css";

/** For an admin who is in: where to go, and the way out. */
export function SignedIn({ onSignedOut }: { onSignedOut: () => void }) {
  const { busy, problem, run } = useDoing();
  return (
    <Panel title="You are in">
      <div className={styles.words}>
        <p role="status">This browser is signed in as admin. With great power comes great moderation.</p>
        <ul>
          <li>
            <Link href="/communities">Communities</Link>: what is read, and how often
          </li>
          <li>
            <Link href="/status">Status</Link>: how the place is doing
          </li>
          <li>
            <Link href="/latest">Latest</Link>: hide, delete or ban what should not be there
          </li>
        </ul>
        <div>
          <Button aria-disabled={busy} onClick={() => run(signOut, onSignedOut)} data-testid="sign-out">
            Sign out
          </Button>
        </div>
        {problem && <Trouble problem={problem} next="/signin" />}
      </div>
    </Panel>
  );
}
