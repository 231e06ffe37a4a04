import { useEffect, useState } from "react";
import { fetchSimilar } from "../../api/posts";
import type { Post } from "../../api/types";
import { PostTile } from "../../posts/PostTile";
import tiles from "../../posts/PostTile.module.css";
import { headlineOf } from "../../verdict/headline";
import table from "./Table.module.css";

/** Posts with pictures like this one's; where there are none, or they do not come, nothing is missed. */
export function SimilarPosts({ id }: { id: string }) {
  const [posts, setPosts] = useState<Post[]>([]);

  useEffect(() => {
    const abort = new AbortController();
    fetchSimilar(id, abort.signal).then(
      (answer) => setPosts(answer.posts),
      () => {},
    );
    return () => abort.abort();
  }, [id]);

  if (posts.length === 0) return null;
  return (
    <section className={table.section} aria-labelledby="similar-title">
      <h2 id="similar-title">More like this</h2>
      <ul className={tiles.tiles} data-testid="similar">
        {posts.map((post) => (
          <li key={post.id}>
            <PostTile post={post} image={post.image} nsfw={post.nsfw}>
              {post.verdict && headlineOf(post.verdict).word}
              <span className={tiles.place}>{post.community}</span>
            </PostTile>
          </li>
        ))}
      </ul>
    </section>
  );
}
