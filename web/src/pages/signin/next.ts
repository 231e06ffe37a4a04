const HOME = "/";
const SOMEWHERE = "http://origin.invalid";

/**
 * Where to go after signing in: the `next` of a query string, if it is a path on this site; else the start. A link
 * somebody was given must not lead them elsewhere by way of our sign-in.
 */
export function safeNext(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? "";
  // Browsers drop tabs and line ends from addresses and read a backslash as a slash, so that these hide a second one.
  if (!/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next)) return HOME;
  const url = URL.canParse(next, SOMEWHERE) ? new URL(next, SOMEWHERE) : null;
  if (!url || url.origin !== SOMEWHERE || url.pathname.startsWith("//")) return HOME;
  return url.pathname + url.search + url.hash;
}
