import type { Source } from "../../../api/classify";
import { here } from "../../../place";

/** A meme drawn by us (`examples/draw.py`), to try the page with. */
export type Example = { file: string; alt: string };

export const EXAMPLES: readonly Example[] = [
  { file: "cat.jpg", alt: "A cat on a keyboard: I fixed your code, now it meows" },
  { file: "bug.jpg", alt: "A beetle in a top hat: I was never a bug, I am a feature, sir" },
  { file: "pie.jpg", alt: "A sad pie chart of gift wrapping: mostly looking for the tape's end" },
  { file: "duck.jpg", alt: "A tired rubber duck: Explained it to the duck, now the duck drinks" },
  { file: "toast.jpg", alt: "A burnt slice of toast: The demo went fine, I am fine" },
];

function addressOf(example: Example): string {
  return here(`/examples/${example.file}`);
}

/** The address of a small picture of it, to choose by. */
export function smallOf(example: Example): string {
  return here(`/small/${example.file.replace(".jpg", ".webp")}`);
}

/** The example as a file, as if it had been dropped. */
export async function fileOf(example: Example): Promise<Source> {
  const response = await fetch(addressOf(example));
  const blob = await response.blob();
  return { kind: "file", file: new File([blob], example.file, { type: "image/jpeg" }) };
}
