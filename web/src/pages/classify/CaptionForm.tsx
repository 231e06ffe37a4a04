import { Button, Textarea } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import type { ClassifyAnswer } from "../../api/types";
import styles from "./CaptionForm.module.css";

type Props = { answer: ClassifyAnswer; pending: boolean; onAsk: (caption: string) => void };
type Mode = "shown" | "edited" | "shown again";

const INTRO: Record<ClassifyAnswer["caption_source"], string> = {
  read: "The caption, as we read it",
  given: "The caption, as you wrote it",
  none: "The caption was not read",
};

/** The caption that was scored; correcting it scores the meme again. */
export function CaptionForm({ answer, pending, onAsk }: Props) {
  const { caption, caption_source: source } = answer;
  const [mode, setMode] = useState<Mode>("shown");
  const [text, setText] = useState(caption ?? "");
  const idle = pending || text.trim() === (caption ?? "").trim();

  useEffect(() => {
    setText(answer.caption ?? "");
    setMode((before) => (before === "edited" ? "shown again" : before));
  }, [answer]);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!idle) onAsk(text.trim());
  }

  if (mode !== "edited") {
    return (
      <div className={styles.shown}>
        <p>
          {INTRO[source]}
          {source !== "none" && ": "}
          {source !== "none" && <q data-testid="caption-text">{caption || "(no words found)"}</q>}
        </p>
        <Button
          size="sm"
          data-tone="quiet"
          data-testid="caption-edit"
          // The focus comes back from the form to where it was opened.
          autoFocus={mode === "shown again"}
          onClick={() => setMode("edited")}
        >
          {source === "none" ? "Type it in" : "Misread? Fix it"}
        </Button>
      </div>
    );
  }
  return (
    <form className={styles.form} onSubmit={submit}>
      <Textarea
        label="The caption, as it should be"
        rows={3}
        maxLength={2000}
        value={text}
        autoFocus
        data-testid="caption"
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={styles.row}>
        <Button type="submit" size="sm" aria-disabled={idle} data-disabled={idle} data-testid="rescore">
          {pending ? "Scoring…" : "Score again"}
        </Button>
        <Button size="sm" data-tone="quiet" onClick={() => setMode("shown again")}>
          Never mind
        </Button>
      </div>
    </form>
  );
}
