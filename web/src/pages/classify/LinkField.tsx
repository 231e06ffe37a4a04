import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Source } from "../../api/classify";
import styles from "./LinkField.module.css";
import { typedLink } from "./memes/links";

type Props = { onAdd: (sources: Source[]) => void };

export function LinkField({ onAdd }: Props) {
  const [text, setText] = useState("");
  const [error, setError] = useState("");

  function submit(event: FormEvent) {
    event.preventDefault();
    const url = typedLink(text);
    if (!url) {
      setError("That is not a link. It should look like https://example.com/meme.jpg");
      return;
    }
    onAdd([{ kind: "url", url }]);
    setText("");
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <TextInput
        className={styles.field}
        size="md"
        label="Or link to one"
        placeholder="https://example.com/meme.jpg"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        value={text}
        error={error}
        data-testid="link-input"
        onChange={(event) => {
          setText(event.currentTarget.value);
          setError("");
        }}
      />
      <Button type="submit" size="md" className={styles.button} data-testid="link-submit">
        Judge it
      </Button>
    </form>
  );
}
