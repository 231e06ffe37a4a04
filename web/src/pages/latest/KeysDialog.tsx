import { Button } from "@mantine/core";
import { Dialog } from "../../components/Dialog";
import styles from "./KeysDialog.module.css";
import { KEYS } from "./keys";

type Props = { on: boolean; onSwitch: (on: boolean) => void; onClose: () => void };

/** What the keys do; they can be switched off, for those whose voice or switch control presses them by chance. */
export function KeysDialog({ on, onSwitch, onClose }: Props) {
  return (
    <Dialog title="Look, no mouse" onClose={onClose}>
      <dl className={styles.keys}>
        {KEYS.map(({ name, does }) => (
          <div key={name}>
            <dt>
              <kbd>{name}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label className={styles.switch}>
        <input type="checkbox" checked={on} onChange={(event) => onSwitch(event.currentTarget.checked)} />
        Single keys are on
      </label>
      <Button onClick={onClose}>Close</Button>
    </Dialog>
  );
}
