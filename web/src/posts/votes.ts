import type { Vote, Votes } from "../api/types";

/** What a click on `choice` asks for: a click on one's own vote takes it back. */
export function voteAfter(mine: Vote | null, choice: Vote): Vote | null {
  return mine === choice ? null : choice;
}

/** The votes as they will be once `mine` has become this browser's vote. */
export function votesWith(votes: Votes, mine: Vote | null): Votes {
  const change = (vote: Vote) => Number(mine === vote) - Number(votes.mine === vote);
  return {
    dank: Math.max(0, votes.dank + change("dank")),
    not_dank: Math.max(0, votes.not_dank + change("not dank")),
    mine,
  };
}
