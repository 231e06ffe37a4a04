import { useEffect } from "react";
import { PageTitle } from "../../components/PageTitle";
import { ProblemNote } from "../../components/ProblemNote";
import { Waiting } from "../../components/Waiting";
import { latestArrival } from "../../shell/arrivals";
import { focusHeading } from "../../shell/focusHeading";
import { Duplicates } from "./Duplicates";
import { Moderation } from "./Moderation";
import { PostGone } from "./PostGone";
import { PostSummary } from "./PostSummary";
import { Predictions } from "./Predictions";
import { ScoreReport } from "./ScoreReport";
import { SimilarPosts } from "./SimilarPosts";
import { usePost } from "./usePost";

/** A post with all that is known of it. */
export function PostPage({ id }: { id: string }) {
  const { page, problem, reload, change } = usePost(id);
  const title = page ? page.post.title || "Untitled" : null;

  useEffect(() => {
    if (!title) return;
    document.title = `${title} · Dank Meme Classifier`;
    // The heading that had the focus while the post was on its way is gone.
    if (latestArrival()) focusHeading();
  }, [title]);

  if (problem?.status === 404) return <PostGone />;
  if (!page) {
    return (
      <>
        <PageTitle title="A meme" />
        {problem ? (
          <ProblemNote problem={problem} onRetry={reload} heading="h2" />
        ) : (
          <Waiting what="Fetching the meme…" />
        )}
      </>
    );
  }
  return (
    <>
      <PostSummary page={page} onVotes={(votes) => change({ votes })} />
      <Moderation post={page.post} onChange={change} />
      <Duplicates page={page} />
      <ScoreReport page={page} />
      <Predictions predictions={page.predictions} />
      <SimilarPosts id={id} />
    </>
  );
}
