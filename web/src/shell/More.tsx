import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Link } from "wouter";
import styles from "./Navigation.module.css";
import { currentAt, MORE_TABS } from "./tabs";

type Props = { pathname: string; icon: ReactNode };

/** The pages that most people seldom need, behind a button. */
export function More({ pathname, icon }: Props) {
  const [open, setOpen] = useState(false);
  const list = useId();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const within = MORE_TABS.some(({ path }) => currentAt(pathname, path));

  useEffect(() => {
    if (!open) return;
    const leave = (event: Event) => {
      if (!(event.target instanceof Node && root.current?.contains(event.target))) setOpen(false);
    };
    const close = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
      document.removeEventListener("keydown", close);
    };
  }, [open]);

  return (
    <div className={styles.more} ref={root}>
      <button
        ref={button}
        type="button"
        className={styles.tab}
        aria-expanded={open}
        aria-controls={list}
        data-within={within || undefined}
        onClick={() => setOpen(!open)}
      >
        {icon}
        More
        <span className={styles.caret} aria-hidden="true" />
      </button>
      <ul id={list} className={styles.menu} hidden={!open}>
        {MORE_TABS.map(({ path, label }) => (
          <li key={path}>
            <Link href={path} aria-current={currentAt(pathname, path)} onClick={() => setOpen(false)}>
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
