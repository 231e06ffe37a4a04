import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { retryFailures } from "../../api/status";
import type { Status } from "../../api/types";
import { Panel, Tag } from "./Panel";
import styles from "./Rows.module.css";
import { Trouble } from "./Trouble";
import { useDoing } from "./useDoing";

type Props = { failures: Status["failures"]; admin: boolean; onRetried: () => void };

/** Why pictures failed, the commonest reason first; an admin can have them tried again. */
export function Failures({ failures, admin, onRetried }: Props) {
  const { busy, problem, run } = useDoing();
  const [news, setNews] = useState("");

  function retry(code: string | null) {
    setNews("");
    run(
      () => retryFailures(code),
      ({ retried }) => {
        setNews(
          `${retried.toLocaleString("en")} ${retried === 1 ? "picture" : "pictures"} will be tried again.`,
        );
        onRetried();
      },
    );
  }

  return (
    <Panel
      title="Failures"
      note={
        admin &&
        failures.length > 1 && (
          <Button size="sm" aria-disabled={busy} onClick={() => retry(null)} data-testid="retry-all">
            Retry all
          </Button>
        )
      }
    >
      {failures.length === 0 && <p>Every picture that came is in. Suspiciously good.</p>}
      <ul className={styles.rows}>
        {failures.map(({ code, message, count, passing }) => (
          <li key={code} data-testid="failure">
            <span className={styles.name}>
              <b>
                {count.toLocaleString("en")} × {code}
              </b>
              {passing && <Tag tone="quiet">may pass</Tag>}
            </span>
            {admin && (
              <Button size="xs" aria-disabled={busy} aria-label={`Retry ${code}`} onClick={() => retry(code)}>
                Retry
              </Button>
            )}
            <span className={styles.muted}>For instance: “{message}”</span>
          </li>
        ))}
      </ul>
      {!admin && failures.length > 0 && (
        <p className={styles.muted}>
          Whoever runs this place can have them tried again: <Link href="/signin?next=/status">sign in</Link>.
        </p>
      )}
      <p role="status">{news}</p>
      {problem && <Trouble problem={problem} next="/status" />}
    </Panel>
  );
}
