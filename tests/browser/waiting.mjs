// Waiting for what must come about, and never for a while: every wait has a condition, an
// end, and words for what did not come.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

const GLANCE_MS = 25;
const WAIT_MS_MAX = 15_000;

/** Waits at most `ms` for `promise`; `what` names what was waited for. */
export function within(ms, promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Looks again and again until `look` finds something, and returns what it found. */
export async function until(look, what, ms = WAIT_MS_MAX) {
  const end = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(GLANCE_MS);
  }
}

/** Looks until `look` finds exactly `expected`; if it never does, says how they differ. */
export async function becomes(look, expected, what, ms = WAIT_MS_MAX) {
  const end = performance.now() + ms;
  let found = await look();
  while (found !== expected && performance.now() < end) {
    await pause(GLANCE_MS);
    found = await look();
  }
  if (found !== expected) assert.fail(`${what}: ${difference(found, expected)}`);
}

/** Says where two texts part, in a line that can be read also when they are long. */
export function difference(found, expected) {
  if (typeof found !== "string" || typeof expected !== "string") {
    return `found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`;
  }
  let at = 0;
  while (at < Math.min(found.length, expected.length) && found[at] === expected[at]) at++;
  const near = (text) => JSON.stringify(text.slice(Math.max(0, at - 30), at + 60));
  return `they part at ${at}: found ${near(found)} (${found.length} units), expected ` +
    `${near(expected)} (${expected.length} units)`;
}

/** Waits until all tabs show one and the same text, and returns it. */
export async function converge(...tabs) {
  let texts = [];
  await until(async () => {
    texts = await Promise.all(tabs.map((tab) => tab.text()));
    return texts.every((text) => text === texts[0]);
  }, "equal texts").catch((error) => {
    const differing = texts.find((text) => text !== texts[0]);
    throw new Error(`${error.message}: ${difference(differing, texts[0])}`);
  });
  return texts[0];
}
