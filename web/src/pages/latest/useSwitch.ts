import { useCallback, useState } from "react";

/** Something that is on unless a person has switched it off, which this browser remembers where it may. */
export function useSwitch(name: string): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(() => {
    try {
      return localStorage.getItem(name) !== "off";
    } catch {
      return true;
    }
  });
  const turn = useCallback(
    (next: boolean) => {
      setOn(next);
      try {
        localStorage.setItem(name, next ? "on" : "off");
      } catch {
        // Storage may be switched off: it holds until the page is left.
      }
    },
    [name],
  );
  return [on, turn];
}
