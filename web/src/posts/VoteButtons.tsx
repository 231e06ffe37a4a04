import { VisuallyHidden } from "@mantine/core";
import type { Post, Vote, Votes } from "../api/types";
import { useVoting } from "./useVoting";
import styles from "./VoteButtons.module.css";

type Props = { post: Post; onVotes: (votes: Votes) => void };

/** "Dank?": what people say, and what this browser says. */
export function VoteButtons({ post, onVotes }: Props) {
  const { vote, failed } = useVoting(post, onVotes);
  const { dank, not_dank, mine } = post.votes;

  const button = (choice: Vote, word: string, count: number) => (
    <button
      type="button"
      className={styles.vote}
      aria-pressed={mine === choice}
      data-vote={choice}
      onClick={() => vote(choice)}
    >
      {word} <b>{count}</b>
      <VisuallyHidden>{` ${count === 1 ? "says" : "say"} it is ${choice}`}</VisuallyHidden>
    </button>
  );

  return (
    <fieldset className={styles.votes} data-testid="votes">
      <legend>Dank?</legend>
      {button("dank", "Yes", dank)}
      {button("not dank", "No", not_dank)}
      {failed && (
        <p role="alert" className={styles.failed}>
          Your vote did not get through. Try again.
        </p>
      )}
    </fieldset>
  );
}
