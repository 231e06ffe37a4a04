import { type RefObject, useEffect, useRef, useState } from "react";
import controls from "../../styles/controls.module.css";

type Props = { value: string; field: RefObject<HTMLInputElement | null>; onSearch: (text: string) => void };

const PAUSE = 300;

/** The search box: it searches by itself when a person stops typing. */
export function SearchField({ value, field, onSearch }: Props) {
  const [text, setText] = useState(value);
  const sent = useRef(value);

  // The address may change by itself: on the way back, or when the filters are cleared.
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);

  useEffect(() => {
    const wanted = text.trim();
    if (wanted === sent.current) return;
    const timer = window.setTimeout(() => {
      sent.current = wanted;
      onSearch(wanted);
    }, PAUSE);
    return () => window.clearTimeout(timer);
  }, [text, onSearch]);

  return (
    <label className={controls.label}>
      Search
      <input
        ref={field}
        type="search"
        className={controls.control}
        placeholder="Titles and captions"
        autoComplete="off"
        maxLength={200}
        value={text}
        data-testid="search"
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </label>
  );
}
