/** The address of a post's own page; ids hold colons and slashes. */
export function pathOfPost(id: string): string {
  return `/posts/${encodeURIComponent(id)}`;
}

/** The id in the last part of a post's address; null where it is garbled. */
export function postIdIn(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** A link to another site as a source gave it; null unless it is a web address. */
export function webAddress(link: string | null): string | null {
  if (!link || !URL.canParse(link)) return null;
  return /^https?:$/.test(new URL(link).protocol) ? link : null;
}
