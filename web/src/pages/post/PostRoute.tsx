import { useParams } from "wouter";
import { postIdIn } from "../../posts/addresses";
import { PostGone } from "./PostGone";
import { PostPage } from "./PostPage";

/** The page of the post whose id stands in the address. */
export function PostRoute() {
  const id = postIdIn(useParams<{ id: string }>().id);
  return id === null ? <PostGone /> : <PostPage id={id} />;
}
