import { TextInput } from "@mantine/core";
import { useId } from "react";
import styles from "./AddForm.module.css";
import { RHYTHMS } from "./rhythm";

/** A chosen rhythm: a cron expression, or null for adaptive; `own` where it is typed. */
export type Choice = { own: boolean; cron: string | null };

export const ADAPTIVE: Choice = { own: false, cron: null };

type Props = { choice: Choice; error: string; onChange: (choice: Choice) => void };

/** How often a community is read: one of the usual rhythms, or a cron expression of one's own. */
export function RhythmField({ choice, error, onChange }: Props) {
  const group = useId();
  return (
    <fieldset className={styles.rhythm}>
      <legend>How often</legend>
      {RHYTHMS.map(({ name, cron, what }) => (
        <label key={name}>
          <input
            type="radio"
            name={group}
            checked={!choice.own && choice.cron === cron}
            onChange={() => onChange({ own: false, cron })}
          />
          <span>
            <b>{name}</b> <span className={styles.fine}>{what}</span>
          </span>
        </label>
      ))}
      <label>
        <input
          type="radio"
          name={group}
          checked={choice.own}
          onChange={() => onChange({ own: true, cron: choice.cron ?? "" })}
        />
        <span>
          <b>My own</b> <span className={styles.fine}>A cron expression, in UTC.</span>
        </span>
      </label>
      {choice.own && (
        <TextInput
          className={styles.cron ?? ""}
          size="md"
          label="Cron expression"
          placeholder="15 4 * * 1"
          autoComplete="off"
          spellCheck={false}
          value={choice.cron ?? ""}
          error={error}
          onChange={(event) => onChange({ own: true, cron: event.currentTarget.value })}
          data-testid="cron"
        />
      )}
    </fieldset>
  );
}
