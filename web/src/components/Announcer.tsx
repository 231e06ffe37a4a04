import { VisuallyHidden } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { adviceFor } from "../api/advice";
import type { Meme } from "../memes/meme";
import { spokenVerdict } from "../verdict/headline";

/** Tells screen readers of each verdict and each failure as it comes. */
export function Announcer({ memes }: { memes: Meme[] }) {
  const heard = useRef(new Map<number, string>());
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
