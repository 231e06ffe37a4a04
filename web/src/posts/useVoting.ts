import { useRef, useState } from "react";
import { sendVote } from "../api/posts";
import { createQueue } from "../api/queue";
import type { Post, Vote, Votes } from "../api/types";
import { voteAfter, votesWith } from "./votes";

/**
 * Votes on a post. The vote shows at once and is taken back where the server does not keep it;
 * quick changes of mind reach the server one after the other, and the last one stands.
 */
export function useVoting(post: Post, onVotes: (votes: Votes) => void) {
  const [failed, setFailed] = useState(false);
  const queue = useRef(createQueue(1));
  const kept = useRef(post.votes);
  const underWay = useRef(0);

  function vote(choice: Vote) {
    if (underWay.current === 0) kept.current = post.votes;
    underWay.current += 1;
    const mine = voteAfter(post.votes.mine, choice);
    setFailed(false);
    onVotes(votesWith(post.votes, mine));
    queue.current(async () => {
      let lost = false;
      try {
        kept.current = await sendVote(post.id, mine);
      } catch {
        lost = true;
      }
      underWay.current -= 1;
      if (underWay.current > 0) return;
      onVotes(kept.current);
      setFailed(lost);
    });
  }

  return { vote, failed };
}
