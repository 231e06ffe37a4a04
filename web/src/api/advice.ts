import type { Problem } from "./types";

/** A problem in plain words: what happened, and what the person can do. */
export type Advice = { what: string; todo: string; retry: boolean };

const ADVICE: Record<string, Advice> = {
  empty: once("That file is empty.", "Zero bytes, zero danks. Save the picture again and drop the new copy."),
  "file-too-large": once("That file is too heavy.", "Save a smaller copy. A screenshot of it will do."),
  "not-an-image": once("That is not a picture we can read.", "Use a JPEG, PNG, WebP, GIF, AVIF or BMP."),
  "too-many-pixels": once(
    "That picture has too many pixels.",
    "Shrink it and try again. Dankness survives resizing.",
  ),
  "broken-image": once("That picture is broken.", "Open it, save it again, and drop the new copy."),
  "decode-timeout": again(
    "That picture took too long to open.",
    "Save it as a plain JPEG or PNG and try again.",
  ),
  "bad-url": once("That is not a link we can follow.", "It has to start with http:// or https://."),
  "address-refused": once(
    "We don't go to that address.",
    "Private and local addresses are off limits. Save the picture and drop the file.",
  ),
  "not-found": once("Nothing lives at that link.", "Check it for typos, or drop the picture itself."),
  "fetch-failed": again(
    "That site would not hand over the picture.",
    "Save the picture and drop the file instead.",
  ),
  "fetch-timeout": again("That site took too long.", "Try again, or save the picture and drop the file."),
  "too-many-requests": again("Slow down, meme lord.", "Wait a moment, then try again."),
  "too-slow": again("That upload took too long to get here.", "Try a smaller copy, or a better connection."),
  "decode-failed": again("That picture would not open.", "Save it as a plain JPEG or PNG and try again."),
  "host-unknown": once(
    "That site does not seem to exist.",
    "Check the link for typos, or drop the picture itself.",
  ),
  forbidden: once("That site keeps its picture to itself.", "Save the picture and drop the file instead."),
  "host-busy": again("That site is busy.", "Try again in a moment, or save the picture and drop the file."),
  "too-many-redirects": once("That link runs in circles.", "Save the picture and drop the file instead."),
  "bad-caption": once(
    "That caption is too much.",
    "Keep it under 2,000 characters. Brevity is the soul of dank.",
  ),
  "no-caption-reader": once(
    "This judge does not read.",
    "Captions are switched off on this server; the picture alone counts.",
  ),
  "bad-metrics-token": once("Metrics are not for everybody here.", "Send the token of DANK_METRICS_TOKEN."),
  "bad-token": once("That is not the admin token.", "Look it up again and mind the spaces around it."),
  "not-signed-in": once("Only an admin can do that.", "Sign in first; the footer knows where."),
  "not-empty": once("There are memes here already.", "Sample memes are for an empty feed."),
  "no-post": once("That meme is gone.", "It was deleted or hidden. There are others."),
  "bad-cursor": once("We lost our place in the feed.", "Reload the page to begin at the top."),
  "database-away": again("The archive is closed for a moment.", "The database is away. Try again soon."),
  "too-busy": again("The judge has a queue.", "Try again in a few seconds."),
  "bundle-missing": again(
    "The judge has no model to judge by.",
    "Whoever runs this place has to put it back.",
  ),
  "bundle-damaged": again("The judge's model is damaged.", "Whoever runs this place has to put it right."),
  "bundle-too-new": again(
    "The judge's model is too new for it.",
    "Whoever runs this place has to update it.",
  ),
  "no-such-model": once(
    "This judge has no such model.",
    "Its bundle was made without it. Ask for the verdict instead.",
  ),
  "no-such-version": once("Nobody knows that model.", "It may have had another name. See what there is."),
  "admin-closed": once("Nobody can sign in here.", "The server has no admin token and nowhere to keep one."),
  "foreign-request": once("That came from another site.", "Do it from this page instead."),
  "invalid-request": once("We did not understand that.", "Reload the page and try again."),
  unreachable: again("We can't reach the judge.", "Check your connection and try again. Nothing is lost."),
  "server-error": again("The judge fell off the bench.", "That one is on us. Try again in a minute."),
};

const UNKNOWN = again("That did not work.", "Try again, or try another picture.");

/** What to tell a person about a problem. */
export function adviceFor(problem: Problem): Advice {
  return ADVICE[problem.code] ?? (problem.status >= 500 ? (ADVICE["server-error"] ?? UNKNOWN) : UNKNOWN);
}

function once(what: string, todo: string): Advice {
  return { what, todo, retry: false };
}

function again(what: string, todo: string): Advice {
  return { what, todo, retry: true };
}
