import { Button } from "@mantine/core";
import { Link } from "wouter";
import { Judge } from "../../components/Judge";
import styles from "./NoPair.module.css";

/** A duel takes two: what to do while the feed has fewer. */
export function NoPair({ onRetry }: { onRetry: () => void }) {
  return (
    <section className={styles.card} data-testid="no-pair">
      <Judge className={styles.judge} shades={false} />
      <h2>It takes two to duel</h2>
      <p>
        There are not two memes to compare yet. They come from the{" "}
        <Link href="/communities">communities</Link> that are read here; while there are none, the{" "}
        <Link href="/latest">feed</Link> has samples to offer.
      </p>
      <Button onClick={onRetry} data-testid="retry">
        Look again
      </Button>
    </section>
  );
}
