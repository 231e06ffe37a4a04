import type { Source } from "../../../api/classify";
import type { ClassifyAnswer, Problem } from "../../../api/types";

/** One meme on the page: what was given, and what has come back so far. */
export type Meme = {
  id: number;
  name: string;
  source: Source;
  /** What an `<img>` shows: an object URL of the file, or the link itself. */
  preview: string;
  /** The caption it is scored with, where a person corrected it. */
  caption?: string;
  pending: boolean;
  answer: ClassifyAnswer | null;
  problem: Problem | null;
};

export type Change =
  | { type: "added"; memes: Meme[] }
  | { type: "asked"; id: number; caption?: string | undefined }
  | { type: "answered"; id: number; answer: ClassifyAnswer }
  | { type: "failed"; id: number; problem: Problem }
  | { type: "removed"; id: number };

/** The memes after a change. A failed second try keeps the first answer. */
export function changed(memes: Meme[], change: Change): Meme[] {
  switch (change.type) {
    case "added":
      return [...memes, ...change.memes];
    case "asked":
      return patch(memes, change.id, {
        pending: true,
        problem: null,
        ...(change.caption === undefined ? {} : { caption: change.caption }),
      });
    case "answered":
      return patch(memes, change.id, { pending: false, problem: null, answer: change.answer });
    case "failed":
      return patch(memes, change.id, { pending: false, problem: change.problem });
    case "removed":
      return memes.filter((meme) => meme.id !== change.id);
  }
}

function patch(memes: Meme[], id: number, part: Partial<Meme>): Meme[] {
  return memes.map((meme) => (meme.id === id ? { ...meme, ...part } : meme));
}
