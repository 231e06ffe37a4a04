import styles from "./Judge.module.css";

type Props = { className?: string | undefined; shades: boolean };

/** The judge: a slice of toast that puts its shades on when a meme approaches. */
export function Judge({ className, shades }: Props) {
  return (
    <svg className={className} viewBox="0 0 64 64" aria-hidden="true" data-shades={shades || undefined}>
      <path
        className={styles.outline}
        fill="#e9a94b"
        d="M13 30C4 26 4 8 20 8h24c16 0 16 18 7 22v22a5 5 0 0 1-5 5H18a5 5 0 0 1-5-5z"
      />
      <path fill="#ffe2a8" d="M18 29c-7-3-7-15 3-15h22c10 0 10 12 3 15v19a4 4 0 0 1-4 4H22a4 4 0 0 1-4-4z" />
      <g className={styles.eyes}>
        <circle cx="25" cy="29" r="3" />
        <circle cx="39" cy="29" r="3" />
      </g>
      <path className={styles.mouth} d="M25 42h14" />
      <g className={styles.shades}>
        <path d="M9 24h46v5h-4v6h-4v4H37v-4h-4v-6h-2v6h-4v4H17v-4h-4v-6H9z" />
        <path fill="#fff" d="M17 30h4v3h-4zM37 30h4v3h-4z" />
      </g>
    </svg>
  );
}
