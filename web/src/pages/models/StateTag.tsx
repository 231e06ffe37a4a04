import type { Model } from "../../api/types";
import { Tag } from "../status/Panel";
import { shareWords, stateWords } from "./words";

/** What a version is for now; a shadow's share stands beside it. */
export function StateTag({ model: { state, share } }: { model: Pick<Model, "state" | "share"> }) {
  const { name, tone } = stateWords(state);
  return (
    <Tag tone={tone}>
      {name}
      {state === "shadow" && share < 1 && `, ${shareWords(share)}`}
    </Tag>
  );
}
