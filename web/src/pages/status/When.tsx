import { useNow } from "../../posts/clock";
import { when } from "./moment";

/** A moment, past or to come, as people say it; the exact time shows on hovering. */
export function When({ at }: { at: number }) {
  const now = useNow();
  const date = new Date(at * 1000);
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {when(at, now)}
    </time>
  );
}
