/** The http(s) links in pasted or dropped text, each once; `#` lines of a URI list are comments. */
export function linksIn(text: string): string[] {
  const words = text
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#"))
    .flatMap((line) => line.split(/\s+/));
  return [...new Set(words.filter(isLink))];
}

/** What was typed into the link field as a link: `i.example/a.jpg` is taken for https; null where it is none. */
export function typedLink(text: string): string | null {
  const word = text.trim();
  const scheme = /^[a-z][a-z0-9+.-]*:(?!\d)/i.test(word);
  if (scheme) return isLink(word) ? word : null;
  const link = `https://${word}`;
  return isLink(link) && new URL(link).hostname.includes(".") ? link : null;
}

/** A link's last part, for people: the file name, or the host where there is none. */
export function nameOfLink(link: string): string {
  const { pathname, hostname } = new URL(link);
  const last = pathname.split("/").filter(Boolean).at(-1);
  if (!last) return hostname;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

function isLink(word: string): boolean {
  return /^https?:\/\//i.test(word) && URL.canParse(word);
}
