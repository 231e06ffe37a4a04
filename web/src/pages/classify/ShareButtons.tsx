import { Button } from "@mantine/core";
import { useState } from "react";
import type { ClassifyAnswer } from "../../api/types";
import type { Meme } from "./memes/meme";
import { drawCard } from "./share/card";
import { canShare, save, share } from "./share/send";

type Props = { meme: Meme; answer: ClassifyAnswer };

/** The verdict as a picture: saved, or handed to the system's share sheet where there is one. */
export function ShareButtons({ meme, answer }: Props) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);

  async function send(how: (picture: Blob) => void | Promise<void>) {
    if (busy) return;
    setBusy(true);
    setFailed(false);
    try {
      await how(await drawCard(meme, answer));
    } catch {
      setFailed(true);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      {canShare() && (
        <Button
          size="sm"
          data-tone="loud"
          aria-busy={busy}
          onClick={() => send((it) => share(it, answer))}
          data-testid="share"
        >
          Share
        </Button>
      )}
      <Button
        size="sm"
        data-tone={canShare() ? undefined : "loud"}
        aria-busy={busy}
        onClick={() => send(save)}
        data-testid="save"
      >
        Save as picture
      </Button>
      {failed && <span role="alert">The picture would not come out. Try a screenshot.</span>}
    </>
  );
}
