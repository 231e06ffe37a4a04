import { ageWords } from "./age";
import { useNow } from "./clock";

/** How long ago something was; the exact time shows on hovering. */
export function Age({ utc }: { utc: number }) {
  const now = useNow();
  const date = new Date(utc * 1000);
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {ageWords(utc, now)}
    </time>
  );
}
