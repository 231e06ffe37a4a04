import { useState } from "react";
import type { Source } from "../../api/classify";
import styles from "./Examples.module.css";
import { EXAMPLES, type Example, fileOf, smallOf } from "./memes/examples";

type Props = { onAdd: (sources: Source[]) => void };

export function Examples({ onAdd }: Props) {
  const [missing, setMissing] = useState(false);

  function choose(example: Example) {
    setMissing(false);
    fileOf(example).then(
      (source) => onAdd([source]),
      () => setMissing(true),
    );
  }

  return (
    <div>
      <h2 className={styles.title}>No meme at hand? Borrow one of ours</h2>
      <ul className={styles.list}>
        {EXAMPLES.map((example) => (
          <li key={example.file}>
            <button
              type="button"
              className={styles.example}
              data-testid="example"
              onClick={() => choose(example)}
            >
              <img
                src={smallOf(example)}
                alt={`Judge this example. ${example.alt}`}
                draggable={false}
                loading="lazy"
                width={240}
                height={240}
              />
            </button>
          </li>
        ))}
      </ul>
      {missing && <p role="alert">That example got lost on the way. Check your connection and try again.</p>}
    </div>
  );
}
