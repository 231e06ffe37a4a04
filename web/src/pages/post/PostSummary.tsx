import type { PostPage, Votes } from "../../api/types";
import { Gauge } from "../../components/Gauge";
import { webAddress } from "../../posts/addresses";
import { BothModels } from "../../posts/BothModels";
import { Origin } from "../../posts/Origin";
import { RepostNote } from "../../posts/RepostNote";
import { Ruling } from "../../posts/Ruling";
import { VoteButtons } from "../../posts/VoteButtons";
import { shareOf } from "../../verdict/format";
import { jokeFor, levelOf } from "../../verdict/headline";
import { BackLink } from "./BackLink";
import { Gallery } from "./Gallery";
import styles from "./PostSummary.module.css";

type Props = { page: PostPage; onVotes: (votes: Votes) => void };

const LONG = 70;

/** The post itself: its picture on the left, what the judge and the people say on the right. */
export function PostSummary({ page, onVotes }: Props) {
  const { post, pictures, caption } = page;
  const { verdict } = post;
  const link = webAddress(post.permalink);
  const words = caption?.trim();

  return (
    <div className={styles.post}>
      <p>
        <BackLink />
      </p>
      <div className={styles.head}>
        <h1 dir="auto" data-long={post.title.length > LONG || undefined}>
          {post.title || "Untitled"}
        </h1>
        <Origin post={post} />
      </div>
      <div className={styles.card}>
        <Gallery pictures={pictures.length > 0 ? pictures : [post.image]} nsfw={post.nsfw} words={words} />
        <div className={styles.body}>
          <Ruling post={post} large />
          {verdict && (
            <>
              <p className={styles.joke}>{jokeFor(levelOf(verdict), post.image.sha256)}</p>
              <Gauge verdict={verdict} card={null} />
              <p>
                Ranked above {shareOf(verdict.percentile)} <b>{verdict.compared_with || "memes"}</b>.
              </p>
            </>
          )}
          <BothModels post={post} />
          <VoteButtons post={post} onVotes={onVotes} />
          <RepostNote post={post} />
          <dl className={styles.facts}>
            <div>
              <dt>The caption, as we read it</dt>
              <dd className={styles.caption}>{captionLine(caption)}</dd>
            </div>
            <div>
              <dt>At its source</dt>
              <dd>
                {link ? (
                  <a href={link} target="_blank" rel="noopener noreferrer">
                    The post on {new URL(link).hostname}
                  </a>
                ) : (
                  "No link to it"
                )}{" "}
                ({post.source})
              </dd>
            </div>
          </dl>
        </div>
      </div>
    </div>
  );
}

function captionLine(caption: string | null) {
  if (caption === null) return "Not read yet";
  return caption.trim() ? <q>{caption.trim()}</q> : "(no words found)";
}
