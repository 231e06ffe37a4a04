import type { PostPage } from "../../api/types";
import { Age } from "../../posts/Age";
import { PostTile } from "../../posts/PostTile";
import tiles from "../../posts/PostTile.module.css";
import table from "./Table.module.css";

/** Where else the picture was posted, or one that looks the same. */
export function Duplicates({ page: { post: shown, duplicates } }: { page: PostPage }) {
  if (duplicates.length === 0) return null;
  return (
    <section className={table.section} aria-labelledby="duplicates-title">
      <h2 id="duplicates-title">Seen elsewhere</h2>
      <ul className={tiles.tiles} data-testid="duplicates">
        {duplicates.map(({ post, image, kind, original }) => (
          <li key={post.id}>
            <PostTile post={post} image={image} nsfw={shown.nsfw}>
              {original && <strong>The original. </strong>}
              {kind === "exact" ? "The same picture" : "Looks the same"}
              {post.created_utc !== null && (
                <>
                  , <Age utc={post.created_utc} />
                </>
              )}
              <span className={tiles.place}>{post.community}</span>
            </PostTile>
          </li>
        ))}
      </ul>
    </section>
  );
}
