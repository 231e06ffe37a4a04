import { type ReactNode, useId } from "react";
import styles from "./AddForm.module.css";

type Props<Value extends string> = {
  label: string;
  value: Value;
  options: readonly { value: Value; name: string }[];
  children?: ReactNode;
  onChange: (value: Value) => void;
};

/** A drop-down list, with a line under it that explains the choice. */
export function Choose<Value extends string>({ label, value, options, children, onChange }: Props<Value>) {
  const field = useId();
  const note = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={field}>{label}</label>
      <select
        id={field}
        className={styles.select}
        value={value}
        aria-describedby={children ? note : undefined}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.currentTarget.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.name}
          </option>
        ))}
      </select>
      {children && (
        <p id={note} className={styles.fine}>
          {children}
        </p>
      )}
    </div>
  );
}
