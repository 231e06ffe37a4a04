import { Button } from "@mantine/core";
import { adviceFor } from "../api/advice";
import type { Problem } from "../api/types";
import { sentence } from "../verdict/format";
import styles from "./ProblemNote.module.css";

type Props = { problem: Problem; onRetry: () => void; heading?: "h2" | "h3" };

/** What went wrong, in plain words, and what to do. */
export function ProblemNote({ problem, onRetry, heading: Heading = "h3" }: Props) {
  const { what, todo, retry } = adviceFor(problem);
  return (
    <div className={styles.note} data-testid="problem" data-code={problem.code}>
      <Heading>{what}</Heading>
      <p>{todo}</p>
      {problem.detail && <p className={styles.detail}>{sentence(problem.detail)}</p>}
      {retry && (
        <Button size="sm" onClick={onRetry} data-testid="retry">
          Try again
        </Button>
      )}
    </div>
  );
}
