import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Model } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import styles from "./Actions.module.css";
import { shareIn } from "./actions";

const SHARES = [
  {
    percent: "10",
    name: "10 %",
    what: "The pictures are chosen by their hashes, so every process chooses the same.",
  },
  { percent: "100", name: "100 %", what: "Everything that comes in." },
];

type Props = { model: Model; onChoose: (share: number) => void; onClose: () => void };

/** Asks which share of what comes in a shadow is to predict. */
export function ShadowDialog({ model: { version, state }, onChoose, onClose }: Props) {
  const [own, setOwn] = useState(false);
  const [percent, setPercent] = useState("10");
  const [error, setError] = useState("");

  function submit(event: FormEvent) {
    event.preventDefault();
    const share = shareIn(percent);
    if (share === null) setError("A number from 0.1 to 100.");
    else onChoose(share);
  }

  return (
    <Dialog title={state === "shadow" ? "Change its share" : "Try it in the shadow"} onClose={onClose}>
      <form className={styles.form} onSubmit={submit} data-testid="shadow-dialog">
        <p>
          <b>{version}</b> predicts a share of the pictures that come in. Nobody is shown what it says; the
          ledger compares it.
        </p>
        <fieldset className={styles.options}>
          <legend>How many of them</legend>
          {SHARES.map((share) => (
            <label key={share.percent}>
              <input
                type="radio"
                name="share"
                checked={!own && percent === share.percent}
                onChange={() => {
                  setOwn(false);
                  setPercent(share.percent);
                }}
              />
              <span>
                <b>{share.name}</b> {share.what}
              </span>
            </label>
          ))}
          <label>
            <input type="radio" name="share" checked={own} onChange={() => setOwn(true)} />
            <b>Another share</b>
          </label>
        </fieldset>
        {own && (
          <TextInput
            size="md"
            label="Percent"
            inputMode="decimal"
            autoComplete="off"
            value={percent}
            error={error}
            onChange={(event) => {
              setPercent(event.currentTarget.value);
              setError("");
            }}
            data-testid="percent"
          />
        )}
        <div className={styles.answers}>
          <Button onClick={onClose}>Never mind</Button>
          <Button type="submit" data-tone="loud" data-testid="shadow-yes">
            {state === "shadow" ? "Change it" : "Try it"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
