import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Dialog } from "../../components/Dialog";
import styles from "./Confirm.module.css";

type Props = {
  title: string;
  action: string;
  children: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
};

/** Asks before what cannot be taken back, for as long as it is rendered. */
export function Confirm({ title, action, children, onConfirm, onClose }: Props) {
  function confirm() {
    onClose();
    onConfirm();
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <div className={styles.text}>{children}</div>
      <div className={styles.answers} data-testid="confirm">
        <Button onClick={onClose}>Never mind</Button>
        <Button data-tone="loud" data-testid="confirm-yes" onClick={confirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
