import { useState } from "react";
import type { Picture } from "../api/types";
import styles from "./Thumbnail.module.css";

type Props = { picture: Picture; alt: string; nsfw?: boolean };

/** A post's picture in a box of fixed shape, so that nothing jumps when it arrives; one not safe for work is blurred. */
export function Thumbnail({ picture, alt, nsfw = false }: Props) {
  const [broken, setBroken] = useState(false);
  return (
    <span className={styles.box}>
      {broken ? (
        <span className={styles.gone}>
          <b aria-hidden="true">?</b>
          {picture.kept ? "The picture got lost" : "The picture is no longer kept"}
        </span>
      ) : (
        <img
          className={styles.image}
          src={picture.thumbnail}
          alt={alt}
          width={picture.width}
          height={picture.height}
          loading="lazy"
          decoding="async"
          draggable={false}
          data-blurred={nsfw || undefined}
          onError={() => setBroken(true)}
        />
      )}
    </span>
  );
}
