import { Button } from "@mantine/core";
import { useState } from "react";
import { removeSamples } from "../../api/status";
import { Confirm } from "./Confirm";
import { Panel } from "./Panel";
import { Trouble } from "./Trouble";
import { useDoing } from "./useDoing";

type Props = { count: number; onRemoved: () => void };

/** The sample memes, and the way to be rid of them. */
export function Samples({ count, onRemoved }: Props) {
  const [asking, setAsking] = useState(false);
  const { busy, problem, run } = useDoing();
  return (
    <Panel title="Sample memes">
      <p>
        {count === 1 ? "One meme" : `${count.toLocaleString("en")} memes`} in the feed are ours, drawn so that
        there is something to look at.
      </p>
      <div>
        <Button aria-disabled={busy} onClick={() => setAsking(true)} data-testid="remove-samples">
          Remove the sample memes
        </Button>
      </div>
      {problem && <Trouble problem={problem} next="/status" />}
      {asking && (
        <Confirm
          title="Remove the sample memes?"
          action="Remove them"
          onClose={() => setAsking(false)}
          onConfirm={() => run(removeSamples, onRemoved)}
        >
          <p>Their forecasts and votes go with them. Other posts stay as they are.</p>
        </Confirm>
      )}
    </Panel>
  );
}
