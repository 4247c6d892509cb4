// Recorded editing histories: finding and reading them, and the plainest possible replay of
// the sequential ones, against which the app's timeline is compared.
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const BESIDE = fileURLToPath(new URL("../../../shared/traces", import.meta.url));
const FOLDERS = [process.env.PALIMPSEST_TRACES, BESIDE].filter(Boolean);

/** The path of a trace such as "sequential/automerge-paper"; undefined if it is not here. */
export async function findTrace(name) {
  for (const folder of FOLDERS) {
    const file = join(folder, `${name}.json.gz`);
    const there = await access(file).then(() => true, () => false);
    if (there) return file;
  }
  return undefined;
}

export async function readTrace(file) {
  return JSON.parse(gunzipSync(await readFile(file)).toString("utf8"));
}

/** The text after each of `counts` transactions of a sequential trace, by count. */
export function replay(trace, counts) {
  const wanted = new Set(counts);
  const texts = new Map();
  // A gap buffer of scalars: what is before the gap, and what is after it, backwards.
  const before = [...trace.startContent];
  const after = [];
  const text = () => before.join("") + [...after].reverse().join("");
  if (wanted.has(0)) texts.set(0, text());
  trace.txns.forEach(({ patches }, nth) => {
    for (const [pos, deleted, inserted] of patches) {
      while (before.length > pos) after.push(before.pop());
      while (before.length < pos) before.push(after.pop());
      after.length -= deleted;
      before.push(...inserted);
    }
    if (wanted.has(nth + 1)) texts.set(nth + 1, text());
  });
  return texts;
}

/** Numbers from 0 to 1 that look random and are the same for the same seed. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
