import type { ClassifyAnswer } from "../../../api/types";
import { spokenVerdict } from "../../../verdict/headline";

const NAME = "dank-verdict.png";

/** Whether the system has a share sheet that takes pictures. */
export function canShare(): boolean {
  return navigator.canShare?.({ files: [fileOf(new Blob())] }) ?? false;
}

/** Opens the share sheet; a person who closes it again has not failed. */
export async function share(picture: Blob, answer: ClassifyAnswer): Promise<void> {
  try {
    await navigator.share({ files: [fileOf(picture)], text: spokenVerdict(answer.verdict) });
  } catch (thrown) {
    if (!(thrown instanceof DOMException && thrown.name === "AbortError")) throw thrown;
  }
}

/** Saves the picture as a download. */
export function save(picture: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(picture);
  link.download = NAME;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function fileOf(picture: Blob): File {
  return new File([picture], NAME, { type: "image/png" });
}
