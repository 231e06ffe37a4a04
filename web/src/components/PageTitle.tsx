import type { ReactNode } from "react";
import styles from "./PageTitle.module.css";

type Props = { title: string; children?: ReactNode };

/** A page's heading, and a line on what it is for. */
export function PageTitle({ title, children }: Props) {
  return (
    <div className={styles.title}>
      <h1>{title}</h1>
      {children && <p>{children}</p>}
    </div>
  );
}
