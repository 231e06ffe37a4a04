import { ask, json } from "./ask";
import type { ClassifyAnswer, FeedbackRequest, ModelCard } from "./types";

/** A picture to judge: its bytes, or its address. */
export type Source = { kind: "file"; file: File } | { kind: "url"; url: string };

/** Asks for a verdict, with `caption` in place of the one that would be read; throws `ProblemError`. */
export function classify(source: Source, caption: string | undefined, signal: AbortSignal) {
  return ask<ClassifyAnswer>("/api/v1/classify", { method: "POST", signal, ...bodyOf(source, caption) });
}

/** Says that a verdict is wrong; throws `ProblemError`. */
export async function sendFeedback(feedback: FeedbackRequest): Promise<void> {
  await ask("/api/v1/feedback", { method: "POST", ...json(feedback) });
}

/** What the model compares with and how good it is; throws `ProblemError`. */
export function fetchModelCard(signal: AbortSignal) {
  return ask<ModelCard>("/api/v1/model", { signal });
}

function bodyOf(source: Source, caption: string | undefined): RequestInit {
  if (source.kind === "url") {
    return json({ url: source.url, ...(caption === undefined ? {} : { caption }) });
  }
  const form = new FormData();
  form.append("file", source.file);
  if (caption !== undefined) form.append("caption", caption);
  return { body: form };
}
