import { Button } from "@mantine/core";
import { useCallback, useState } from "react";
import { fetchModel } from "../../api/models";
import type { GateRuling } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { ProblemNote } from "../../components/ProblemNote";
import { useAnswer } from "../status/useAnswer";
import styles from "./Actions.module.css";
import { Gate } from "./Gate";

type Props = { version: string; onPromote: (force: boolean) => void; onClose: () => void };

/** Shows what the gate says before a version is promoted; where it refuses, a person has to insist. */
export function PromoteDialog({ version, onPromote, onClose }: Props) {
  const { answer, problem, reload } = useAnswer(
    useCallback((signal: AbortSignal) => fetchModel(version, signal), [version]),
  );
  return (
    <Dialog title="Promote it?" onClose={onClose}>
      <div className={styles.form} data-testid="promote-dialog">
        <p>
          <b>{version}</b> will answer in place of the one that does now, which stays at hand for a rollback.
        </p>
        {answer?.ruling ? (
          <Asked ruling={answer.ruling} onPromote={onPromote} onClose={onClose} />
        ) : (
          <>
            {problem ? (
              <ProblemNote problem={problem} onRetry={reload} />
            ) : (
              <p role="status">{answer ? "The gate has nothing to say of it now." : "Asking the gate…"}</p>
            )}
            <div className={styles.answers}>
              <Button onClick={onClose}>Never mind</Button>
            </div>
          </>
        )}
      </div>
    </Dialog>
  );
}

type AskedProps = { ruling: GateRuling; onPromote: (force: boolean) => void; onClose: () => void };

function Asked({ ruling, onPromote, onClose }: AskedProps) {
  const [sure, setSure] = useState(false);
  const may = ruling.passed || sure;
  return (
    <>
      <Gate ruling={ruling} />
      {!ruling.passed && (
        <label className={styles.sure}>
          <input
            type="checkbox"
            checked={sure}
            onChange={(event) => setSure(event.currentTarget.checked)}
            data-testid="insist"
          />
          <span>I have read that, and want it all the same. It will be written down.</span>
        </label>
      )}
      <div className={styles.answers}>
        <Button onClick={onClose}>Never mind</Button>
        <Button
          data-tone="loud"
          disabled={!may}
          onClick={() => onPromote(!ruling.passed)}
          data-testid="promote-yes"
        >
          {ruling.passed ? "Promote it" : "Promote all the same"}
        </Button>
      </div>
    </>
  );
}
