import { Link } from "wouter";
import type { Problem } from "../../api/types";
import styles from "./Trouble.module.css";
import { troubleOf } from "./words";

type Props = { problem: Problem; next: string };

/** What kept an action from being done; with the way back in where the sign-in has run out. */
export function Trouble({ problem, next }: Props) {
  return (
    <p className={styles.trouble} role="alert" data-testid="trouble" data-code={problem.code}>
      {troubleOf(problem)}{" "}
      {problem.code === "not-signed-in" && (
        <Link href={`/signin?next=${encodeURIComponent(next)}`}>Sign in again</Link>
      )}
    </p>
  );
}
