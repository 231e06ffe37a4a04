import { VisuallyHidden } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { adviceFor } from "../../api/advice";
import { spokenVerdict } from "../../verdict/headline";
import type { Meme } from "./memes/meme";

/** Tells screen readers of each verdict and each failure as it comes. */
export function Announcer({ memes }: { memes: Meme[] }) {
  // What was there before the page was come (back) to is no news.
  const heard = useRef(new Map(memes.map((meme) => [meme.id, newsOf(meme)])));
  const [message, setMessage] = useState("");

  useEffect(() => {
    const news = memes.flatMap((meme) => {
      const text = newsOf(meme);
      if (heard.current.get(meme.id) === text) return [];
      heard.current.set(meme.id, text);
      return text ? [text] : [];
    });
    if (news.length > 0) setMessage(news.join(" "));
  }, [memes]);

  return (
    <VisuallyHidden role="status" aria-live="polite" data-testid="announcer">
      {message}
    </VisuallyHidden>
  );
}

function newsOf(meme: Meme): string {
  if (meme.pending) return `Judging ${meme.name}.`;
  if (meme.problem) {
    const { what, todo } = adviceFor(meme.problem);
    return `${meme.name}: ${what} ${todo}`;
  }
  return meme.answer ? `${meme.name}: ${spokenVerdict(meme.answer.verdict)}` : "";
}
