import { Button, Textarea } from "@mantine/core";
import { useEffect, useId, useRef, useState } from "react";
import { adviceFor } from "../../api/advice";
import { sendFeedback } from "../../api/classify";
import { problemIn } from "../../api/problem";
import type { ClassifyAnswer, Opinion } from "../../api/types";
import styles from "./Feedback.module.css";

type Props = { answer: ClassifyAnswer; open: boolean; onOpen: (open: boolean) => void };
type State = "asking" | "sending" | "kept";

/** "Wrong verdict?": the person's opinion, sent with the verdict it contradicts. */
export function Feedback({ answer, open, onOpen }: Props) {
  const [state, setState] = useState<State>("asking");
  const [comment, setComment] = useState("");
  const [trouble, setTrouble] = useState("");
  const panel = useId();
  const thanks = useRef<HTMLParagraphElement>(null);

  useEffect(() => {
    if (state === "kept") thanks.current?.focus();
  }, [state]);

  async function send(opinion: Opinion) {
    if (state === "sending") return;
    setState("sending");
    setTrouble("");
    const { sha256, verdict, models } = answer;
    try {
      await sendFeedback({ sha256, verdict, models, opinion, comment: comment.trim() || null });
      setState("kept");
    } catch (thrown) {
      const { what, todo } = adviceFor(problemIn(thrown));
      setTrouble(`${what} ${todo}`);
      setState("asking");
    }
  }

  return (
    <>
      <Button
        size="sm"
        data-tone="quiet"
        aria-expanded={open}
        aria-controls={panel}
        data-testid="feedback"
        onClick={() => onOpen(!open)}
      >
        Wrong verdict?
      </Button>
      <div id={panel} className={styles.panel} hidden={!open}>
        <p ref={thanks} tabIndex={-1} role="status" className={styles.thanks} data-testid="feedback-thanks">
          {state === "kept" && "Noted. The judge has been told, and will sulk until the next retraining."}
        </p>
        {state !== "kept" && (
          <div className={styles.form} data-testid="feedback-form">
            <Textarea
              label="What did we miss? (optional)"
              rows={2}
              maxLength={1000}
              value={comment}
              onChange={(event) => setComment(event.currentTarget.value)}
            />
            <div className={styles.row}>
              <Button size="sm" aria-disabled={state === "sending"} onClick={() => send("dank")}>
                It is dank
              </Button>
              <Button size="sm" aria-disabled={state === "sending"} onClick={() => send("not dank")}>
                It is not dank
              </Button>
            </div>
            <p className={styles.fine}>
              We keep the verdict, the picture's fingerprint and your words; not the picture.
            </p>
          </div>
        )}
        {trouble && <p role="alert">{trouble}</p>}
      </div>
    </>
  );
}
