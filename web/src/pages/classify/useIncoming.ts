import { useEffect, useState } from "react";
import type { Source } from "../../api/classify";
import { sourcesIn } from "./memes/clipboard";

/**
 * Takes memes that are dropped or pasted anywhere on the page; true while something is dragged over it.
 * `onNothing` hears of a drop or paste that held neither a picture nor a link.
 */
export function useIncoming(onAdd: (sources: Source[]) => void, onNothing: () => void): boolean {
  const [over, setOver] = useState(false);

  useEffect(() => {
    const take = (event: Event, data: DataTransfer | null) => {
      event.preventDefault();
      const sources = sourcesIn(data);
      if (sources.length > 0) onAdd(sources);
      else onNothing();
    };
    const onPaste = (event: ClipboardEvent) => {
      const files = event.clipboardData?.files.length ?? 0;
      if (files > 0 || !isTextField(event.target)) take(event, event.clipboardData);
    };
    const onDragOver = (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    };
    const onDragLeave = (event: DragEvent) => {
      if (!event.relatedTarget) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      setOver(false);
      take(event, event.dataTransfer);
    };
    window.addEventListener("paste", onPaste);
    window.addEventListener("dragover", onDragOver);
    window.addEventListener("dragleave", onDragLeave);
    window.addEventListener("drop", onDrop);
    return () => {
      window.removeEventListener("paste", onPaste);
      window.removeEventListener("dragover", onDragOver);
      window.removeEventListener("dragleave", onDragLeave);
      window.removeEventListener("drop", onDrop);
    };
  }, [onAdd, onNothing]);

  return over;
}

function isTextField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea") !== null;
}
