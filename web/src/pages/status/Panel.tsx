import { type ReactNode, useId } from "react";
import styles from "./Panel.module.css";

type Props = { title: string; note?: ReactNode; children: ReactNode };

/** A titled part of a page for those who run the place. */
export function Panel({ title, note, children }: Props) {
  const heading = useId();
  return (
    <section className={styles.panel} aria-labelledby={heading}>
      <div className={styles.head}>
        <h2 id={heading}>{title}</h2>
        {note}
      </div>
      {children}
    </section>
  );
}

/** A mark beside a name: what state it is in. */
export function Tag({ tone, children }: { tone: "good" | "bad" | "quiet"; children: ReactNode }) {
  return (
    <span className={styles.tag} data-tone={tone}>
      {children}
    </span>
  );
}
