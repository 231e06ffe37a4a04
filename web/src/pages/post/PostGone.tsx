import { Link } from "wouter";
import { PageTitle } from "../../components/PageTitle";

export function PostGone() {
  return (
    <PageTitle title="This meme is gone">
      Deleted, hidden, or never here. There are <Link href="/latest">more where it came from</Link>.
    </PageTitle>
  );
}
