import { memo, useCallback, useId } from "react";
import { Link } from "wouter";
import type { Post, Votes } from "../api/types";
import { pathOfPost } from "./addresses";
import { BothModels } from "./BothModels";
import { CardPicture } from "./CardPicture";
import { Marks } from "./Marks";
import { Origin } from "./Origin";
import { PercentileBar } from "./PercentileBar";
import styles from "./PostCard.module.css";
import { RepostNote } from "./RepostNote";
import { Ruling } from "./Ruling";
import { VoteButtons } from "./VoteButtons";

type Props = { post: Post; onVotes: (id: string, votes: Votes) => void };

/** A post in the feed: what it is, what the judge thinks, what people think. */
export const PostCard = memo(function PostCard({ post, onVotes }: Props) {
  const title = useId();
  const setVotes = useCallback((votes: Votes) => onVotes(post.id, votes), [post.id, onVotes]);

  return (
    <article
      className={styles.card}
      aria-labelledby={title}
      tabIndex={-1}
      data-post={post.id}
      data-hidden={post.hidden || undefined}
      data-testid="post"
    >
      <CardPicture post={post} />
      <div className={styles.body}>
        <Marks post={post} />
        <h2 id={title} dir="auto">
          <Link href={pathOfPost(post.id)} data-open>
            {post.title || "Untitled"}
          </Link>
        </h2>
        <Origin post={post} />
        <RepostNote post={post} />
        <div className={styles.judgement}>
          <Ruling post={post} />
          <PercentileBar verdict={post.verdict} />
          <BothModels post={post} />
        </div>
        <VoteButtons post={post} onVotes={setVotes} />
      </div>
    </article>
  );
});
