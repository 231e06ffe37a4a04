const UNTOLD = /^%.*%$/;

/** The path that everything of ours lies beneath on this host, without a slash at its end; empty at the root. */
export const ROOT = told("dank-root", "");

/** Whether there is nothing but direct classification: no posts, no votes, nobody to sign in. */
export const IS_DEMO = told("dank-mode", "full") === "demo";

/** A path of ours, as it is asked for on this host. */
export function here(path: string): string {
  return ROOT + path;
}

/** What the server wrote into the page; the development server writes nothing. */
function told(name: string, otherwise: string): string {
  if (typeof document === "undefined") return otherwise;
  const said = document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? otherwise;
  return UNTOLD.test(said) ? otherwise : said;
}
