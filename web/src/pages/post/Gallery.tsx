import { Button } from "@mantine/core";
import { useState } from "react";
import type { Picture } from "../../api/types";
import { Reveal } from "../../posts/Reveal";
import styles from "./Gallery.module.css";

type Props = { pictures: Picture[]; nsfw: boolean; words: string | undefined };

/** A post's pictures, one large at a time; `words` are read from the first one. */
export function Gallery({ pictures, nsfw, words }: Props) {
  const [index, setIndex] = useState(0);
  const [shown, setShown] = useState(!nsfw);
  const picture = pictures[index];
  if (!picture) return null;
  const place = pictures.length > 1 ? `Picture ${index + 1} of ${pictures.length}` : "Meme";
  const alt = index === 0 && words ? `${place}: ${words}` : place;

  return (
    <div className={styles.gallery}>
      <div className={styles.stage}>
        <LargePicture key={picture.sha256} picture={picture} alt={alt} blurred={!shown} />
        {!shown && <Reveal onShow={() => setShown(true)} />}
      </div>
      {pictures.length > 1 && (
        <div className={styles.steps}>
          <Button
            size="sm"
            aria-label="Previous picture"
            aria-disabled={index === 0}
            data-disabled={index === 0}
            onClick={() => setIndex(Math.max(0, index - 1))}
          >
            ←
          </Button>
          <span role="status">{place}</span>
          <Button
            size="sm"
            aria-label="Next picture"
            aria-disabled={index === pictures.length - 1}
            data-disabled={index === pictures.length - 1}
            onClick={() => setIndex(Math.min(pictures.length - 1, index + 1))}
          >
            →
          </Button>
        </div>
      )}
      {picture.animated && (
        <p className={styles.fine}>It moves at its source; the judge sees the first frame.</p>
      )}
    </div>
  );
}

function LargePicture({ picture, alt, blurred }: { picture: Picture; alt: string; blurred: boolean }) {
  const [broken, setBroken] = useState(false);
  if (broken) {
    return (
      <p className={styles.gone}>
        <b aria-hidden="true">?</b>
        {picture.kept ? "The picture got lost" : "The picture is no longer kept"}
      </p>
    );
  }
  return (
    <img
      className={styles.image}
      src={picture.kept ? picture.picture : picture.thumbnail}
      alt={alt}
      width={picture.width}
      height={picture.height}
      decoding="async"
      data-blurred={blurred || undefined}
      onError={() => setBroken(true)}
    />
  );
}
