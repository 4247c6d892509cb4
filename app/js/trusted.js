// What may become elements or code out of a string, where browsers ask (Trusted Types). The server's
// policy names the two kinds below; everything else that sets markup from a string fails.
const types = globalThis.trustedTypes;

/** Markup that could do something: run, load or send. None of the views has any. */
const ACTS = /<\s*\/?\s*(script|iframe|frame|object|embed|applet|base|meta|link|form|img|image|video|audio|style|use|animate|set|foreignobject)\b|[\s/"'](on[a-z]+|srcdoc|src|action|formaction)\s*=|javascript:/i;

/** The one worker that there is. */
const WORKER = "/sw.js";

/** For code that does not know of this: the view library, which makes its still parts of strings. */
types?.createPolicy("default", {
  createHTML: (markup) => (ACTS.test(markup) ? null : markup),
  createScriptURL: (address) => (new URL(address, location).href === new URL(WORKER, location).href ? address : null),
});

const reading = types?.createPolicy("palimpsest-read", { createHTML: (markup) => markup });

/** A document that no browser shows, of any markup: nothing in it runs and nothing is fetched. */
export function toRead(markup) {
  return new DOMParser().parseFromString(reading ? reading.createHTML(markup) : markup, "text/html");
}
