import type { ReactNode } from "react";
import styles from "./PageTitle.module.css";

type Props = { title: string; verbatim?: boolean; children?: ReactNode };

/** A page's heading, and a line on what it is for. A name that is typed elsewhere is shown `verbatim`. */
export function PageTitle({ title, verbatim = false, children }: Props) {
  return (
    <div className={styles.title} data-verbatim={verbatim || undefined}>
      <h1>{title}</h1>
      {children && <p>{children}</p>}
    </div>
  );
}
