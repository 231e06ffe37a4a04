import { Button } from "@mantine/core";
import styles from "./LatestPage.module.css";

type Props = { count: number; onShow: () => void };

/** News of posts that have come in: they wait until they are asked for, since nobody likes a list that jumps. */
export function NewMemes({ count, onShow }: Props) {
  return (
    <div className={styles.news} role="status">
      <Button size="md" data-tone="loud" onClick={onShow} data-testid="new-memes">
        {count} new {count === 1 ? "meme" : "memes"}
      </Button>
    </div>
  );
}
