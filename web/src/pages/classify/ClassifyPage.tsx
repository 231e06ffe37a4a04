import { useSyncExternalStore } from "react";
import { PageTitle } from "../../components/PageTitle";
import { AddMemes } from "./AddMemes";
import { ModelReport } from "./ModelReport";
import { add, ask, clear, listenToTrial, memesOnTrial, remove } from "./memes/trial";
import { Results } from "./Results";
import { useModelCard } from "./useModelCard";

export function ClassifyPage() {
  const memes = useSyncExternalStore(listenToTrial, memesOnTrial);
  const model = useModelCard();

  return (
    <>
      <PageTitle title="Classify your own">Find out how dank it is before the comments do.</PageTitle>
      <AddMemes onAdd={add} />
      <Results memes={memes} card={model.card} onAsk={ask} onRemove={remove} onClear={clear} />
      <ModelReport model={model} />
    </>
  );
}
