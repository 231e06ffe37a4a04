import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { adviceFor } from "../../api/advice";
import { addSamples } from "../../api/posts";
import { problemIn } from "../../api/problem";
import { Judge } from "../../components/Judge";
import styles from "./EmptyFeed.module.css";

const LOOK_EVERY = 2000;

/** The feed before the first post: sample memes on a click, and how real ones get here. */
export function EmptyFeed({ onLook }: { onLook: () => void }) {
  const [filling, setFilling] = useState(false);
  const [trouble, setTrouble] = useState("");

  useEffect(() => {
    if (!filling) return;
    const timer = window.setInterval(onLook, LOOK_EVERY);
    return () => window.clearInterval(timer);
  }, [filling, onLook]);

  async function fill() {
    if (filling) return;
    setFilling(true);
    setTrouble("");
    try {
      await addSamples();
      onLook();
    } catch (thrown) {
      const problem = problemIn(thrown);
      // Somebody else was quicker: their memes are as good.
      if (problem.code === "not-empty") return;
      const { what, todo } = adviceFor(problem);
      setTrouble(`${what} ${todo}`);
      setFilling(false);
    }
  }

  return (
    <section className={styles.empty} aria-labelledby="empty-title" data-testid="empty">
      <Judge className={styles.judge} shades={filling} />
      <h2 id="empty-title">No memes yet</h2>
      <p>The judge is warmed up and has nothing to look at.</p>
      <Button size="md" data-tone="loud" aria-disabled={filling} onClick={fill} data-testid="samples">
        {filling ? "Fetching them…" : "Show me some sample memes"}
      </Button>
      <p role="status">{filling && "Drawing, hashing and judging. This takes a few seconds."}</p>
      {trouble && <p role="alert">{trouble}</p>}
      <p className={styles.how}>
        For real ones, add a community on the <Link href="/communities">Communities</Link> page, or run{" "}
        <code>dank scrape lemmy memes@lemmy.ml</code> where the server is.
      </p>
    </section>
  );
}
