// A document that is larger than anybody's: five megabytes of text, written in a million edits
// by three people over a year. It opens, is written in and travelled through without waiting.
import assert from "node:assert/strict";
import { open as openFile } from "node:fs/promises";
import { artifact, story } from "./stage.mjs";
import { snapshot } from "./stored.mjs";
import { random } from "./trace.mjs";
import { until } from "./waiting.mjs";

const STORY_MS_MAX = 300_000;
const CATCH_UP_MS_MAX = 180_000;
const EDITS = 1_000_000;
const MINUTES_BETWEEN_SITTINGS = 500;
const SEEKS = 40;
const KEYS = 40;
// What one notices, on a machine that does other things too.
const SEEK_MS_MAX = 250;
const KEY_MS_MAX = 150;

/** Writes the history to a file, and returns the length of the text it ends with. */
async function record(path) {
  const next = random(7);
  const words = ["river ", "stone ", "letter", " again", "\n\n", "paper ", "and so", " the ", "- item", ". "];
  const people = ["Ana", "Jonas", "Mira"];
  const text = [];
  let time = Date.now() - 365 * 86_400_000;
  const file = await openFile(path, "w");
  await file.write('{"startContent":"","numAgents":3,"txns":[');
  let part = [];
  let who = people[0];
  for (let nth = 0; nth < EDITS; nth++) {
    time += 1500 + Math.floor(next() * 3000);
    if (nth % 4000 === 0) {
      time += MINUTES_BETWEEN_SITTINGS * 60_000;
      who = people[Math.floor(next() * 3)];
    }
    // Some of it is taken back at once.
    const gone = text.length > 10 && next() < 0.06 ? 3 : 0;
    text.length -= gone;
    const word = words[Math.floor(next() * words.length)];
    const patch = [text.length, gone, word];
    for (const sign of word) text.push(sign);
    part.push(JSON.stringify({ parents: nth ? [nth - 1] : [], agent: who, time: new Date(time).toISOString(), patches: [patch] }));
    if (part.length === 20_000) {
      await file.write(part.join() + (nth + 1 < EDITS ? "," : ""));
      part = [];
    }
  }
  await file.write(`${part.join()}],"endContent":${JSON.stringify(text.join(""))}}`);
  await file.close();
  return text.length;
}

const rank = (samples, part) => [...samples].sort((one, other) => one - other)[Math.floor((samples.length - 1) * part)];

story("five megabytes written in a million edits open, are written in and travelled through", async (stage, t) => {
  const path = await artifact("million.json");
  const length = await record(path);
  const server = await stage.emptyServer();
  const id = await server.importTrace(path, "A million edits");
  await server.start();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.open(`/d/${id}`);
  await tab.saved(CATCH_UP_MS_MAX);
  const last = await tab.last();
  assert.ok(last >= EDITS && length > 4_500_000, `${last} edits, ${length} characters`);
  await until(() => snapshot(tab.page, id), "something is kept to open it by", CATCH_UP_MS_MAX);
  const start = performance.now();
  await tab.reload();
  const opened = performance.now() - start;
  await until(async () => (await tab.timeline.count()) > 0 && (await tab.last()) === last, "its past", CATCH_UP_MS_MAX);

  // A key, until it is painted.
  await tab.caret();
  await tab.page.evaluate(() => {
    globalThis.keys = [];
    document.addEventListener("keydown", () => {
      const start = performance.now();
      requestAnimationFrame(() => setTimeout(() => globalThis.keys.push(performance.now() - start)));
    }, true);
  });
  await tab.type("x".repeat(KEYS), 40);
  const keys = await until(async () => {
    const all = await tab.page.evaluate(() => globalThis.keys);
    return all.length >= KEYS && all;
  }, "every key");
  await tab.saved(CATCH_UP_MS_MAX);

  // Anywhere in its past.
  const next = random(11);
  const seeks = [];
  for (let i = 0; i < SEEKS; i++) {
    const at = 1 + Math.floor(next() * last);
    seeks.push(await tab.seekByLink(at));
  }
  const at = Math.floor(last / 2);
  await tab.follow(`/d/${id}?at=${at}`);
  await tab.standsAt(at);
  await tab.shows(await server.text(id, at), "the text in the middle of its past");
  const figures = {
    "opened again, ms": opened, "key to paint, median": rank(keys, 0.5), "95 of 100": rank(keys, 0.95),
    "seek, median": rank(seeks, 0.5), "95 of 100 seeks": rank(seeks, 0.95),
  };
  t.diagnostic(JSON.stringify(figures));
  if (figures["95 of 100"] > KEY_MS_MAX) t.diagnostic(`Missed: of 100 keys 5 take longer than ${KEY_MS_MAX} ms.`);
  if (figures["95 of 100 seeks"] > SEEK_MS_MAX) t.diagnostic(`Missed: of 100 seeks 5 take longer than ${SEEK_MS_MAX} ms.`);
  const halves = [figures["key to paint, median"], figures["seek, median"]];
  // By the clock, a page waits for whatever else the machine does: this only holds off what nobody
  // could work with.
  assert.ok(halves[0] < 4 * KEY_MS_MAX && halves[1] < 4 * SEEK_MS_MAX, JSON.stringify(figures));
}, STORY_MS_MAX);
