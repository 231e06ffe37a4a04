import { Button } from "@mantine/core";
import { useState } from "react";
import { promoteModel, retireModel, rollBack, shadowModel } from "../../api/models";
import type { Model, Models } from "../../api/types";
import { Confirm } from "../status/Confirm";
import { Trouble } from "../status/Trouble";
import { useDoing } from "../status/useDoing";
import styles from "./Actions.module.css";
import { actionsFor } from "./actions";
import { PromoteDialog } from "./PromoteDialog";
import { ShadowDialog } from "./ShadowDialog";
import { shareWords } from "./words";

type Props = { model: Model; models: Pick<Models, "previous">; onDecided: () => void };
type Asking = ReturnType<typeof actionsFor>[number]["key"];

/** What an admin can decide about a version. */
export function Actions({ model, models: { previous }, onDecided }: Props) {
  const { version, state } = model;
  const [asking, setAsking] = useState<Asking | null>(null);
  const [news, setNews] = useState("");
  const { busy, problem, run } = useDoing();
  const close = () => setAsking(null);

  function decide(work: () => Promise<Model>, words: (decided: Model) => string) {
    close();
    setNews("");
    run(work, (decided) => {
      setNews(words(decided));
      onDecided();
    });
  }

  return (
    <div className={styles.actions}>
      {actionsFor(state, previous).map(({ key, name, loud }) => (
        <Button
          key={key}
          size="sm"
          data-tone={loud ? "loud" : undefined}
          aria-disabled={busy}
          aria-label={`${name}: ${version}`}
          onClick={() => !busy && setAsking(key)}
          data-testid={key}
        >
          {name}
        </Button>
      ))}
      <p role="status" className={styles.news} data-testid="decided">
        {busy ? "Trying it out…" : news}
      </p>
      {problem && <Trouble problem={problem} next="/models" />}
      {asking === "shadow" && (
        <ShadowDialog
          model={model}
          onClose={close}
          onChoose={(share) =>
            decide(
              () => shadowModel(version, share),
              (decided) => `It predicts in the shadow: ${shareWords(decided.share)}.`,
            )
          }
        />
      )}
      {asking === "promote" && (
        <PromoteDialog
          version={version}
          onClose={close}
          onPromote={(force) =>
            decide(
              () => promoteModel(version, force),
              () => "Promoted.",
            )
          }
        />
      )}
      {asking === "rollback" && (
        <Confirm
          title="Roll back?"
          action={`Back to ${previous}`}
          onClose={close}
          onConfirm={() => decide(rollBack, (decided) => `${decided.version} answers again.`)}
        >
          <p>
            <b>{previous}</b> will answer again in place of {version}, which becomes a candidate. Its
            predictions stay.
          </p>
        </Confirm>
      )}
      {asking === "retire" && (
        <Confirm
          title="Retire it?"
          action="Retire it"
          onClose={close}
          onConfirm={() =>
            decide(
              () => retireModel(version),
              () => "Retired.",
            )
          }
        >
          <p>
            <b>{version}</b> will predict nothing any more. What it predicted stays, and so do its files.
          </p>
        </Confirm>
      )}
    </div>
  );
}
