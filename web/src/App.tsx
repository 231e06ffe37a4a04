import styles from "./App.module.css";
import { AddMemes } from "./components/AddMemes";
import { ModelReport } from "./components/ModelReport";
import { PageHeader } from "./components/PageHeader";
import { Results } from "./components/Results";
import { useModelCard } from "./components/useModelCard";
import { useMemes } from "./memes/useMemes";

export function App() {
  const { memes, add, ask, remove, clear } = useMemes();
  const model = useModelCard();

  return (
    <div className={styles.page}>
      <PageHeader />
      <main className={styles.main}>
        <div className={styles.intro}>
          <h1>Classify your own</h1>
          <p>Find out how dank it is before the comments do.</p>
        </div>
        <AddMemes onAdd={add} />
        <Results memes={memes} card={model.card} onAsk={ask} onRemove={remove} onClear={clear} />
        <ModelReport model={model} />
      </main>
      <footer className={styles.footer}>
        Dank Meme Classifier. A forecast, not a verdict on you as a person.
      </footer>
    </div>
  );
}
