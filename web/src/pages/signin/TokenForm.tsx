import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import { signIn } from "../../api/session";
import { Panel } from "../status/Panel";
import { useDoing } from "../status/useDoing";
import { troubleOf } from "../status/words";
import styles from "./TokenForm.module.css";

/** Asks for the admin token, and says where it is found. */
export function TokenForm({ onSignedIn }: { onSignedIn: () => void }) {
  const [token, setToken] = useState("");
  const [fault, setFault] = useState("");
  const [shown, setShown] = useState(false);
  const { busy, problem, run, forget } = useDoing();
  const field = useRef<HTMLInputElement>(null);
  const wrong = problem?.code === "bad-token" ? "That is not the token. Copy it whole, without quotes." : "";

  function submit(event: FormEvent) {
    event.preventDefault();
    field.current?.focus();
    if (!token.trim()) {
      setFault("The token goes here.");
      return;
    }
    run(() => signIn(token.trim()), onSignedIn);
  }

  return (
    <Panel title="Admin token">
      <div className={styles.columns}>
        <form className={styles.form} onSubmit={submit} noValidate>
          <TextInput
            ref={field}
            size="md"
            type={shown ? "text" : "password"}
            label="Token"
            autoComplete="current-password"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={500}
            value={token}
            error={fault || wrong || (problem && troubleOf(problem))}
            onChange={(event) => {
              setToken(event.currentTarget.value);
              setFault("");
              forget();
            }}
            data-testid="token"
          />
          <label className={styles.show}>
            <input
              type="checkbox"
              checked={shown}
              onChange={(event) => setShown(event.currentTarget.checked)}
            />
            Show it
          </label>
          <div>
            <Button type="submit" data-tone="loud" aria-disabled={busy} data-testid="sign-in">
              {busy ? "Checking…" : "Sign in"}
            </Button>
          </div>
        </form>
        <div className={styles.help}>
          <h3>Where is it?</h3>
          <p>
            In the file <code>admin-token</code> in <code>DANK_HOME</code>, on the machine where the server
            runs. It is made when the server first starts. If <code>DANK_ADMIN_TOKEN</code> is set there, it
            is that instead.
          </p>
        </div>
      </div>{" "}
    </Panel>
  );
}
