// Recorded histories of real writing, imported and opened in the browser: every moment that
// is looked at shows exactly what was there.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { findTrace, random, readTrace, replay } from "./trace.mjs";

const STORY_MS_MAX = 180_000;
const CATCH_UP_MS_MAX = 60_000;
const MOMENTS = 20;
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Random revisions between 1 and `last`, both of which are among them. */
function moments(last) {
  const next = random(SEED);
  const inner = Array.from({ length: MOMENTS }, () => 1 + Math.floor(next() * last));
  return [...new Set([1, last, ...inner])];
}

/** Looks at the document at all `revisions`; `expected` says what must be there. */
async function look(tab, revisions, expected) {
  for (const revision of revisions) {
    await tab.follow(`/d/${tab.id}?at=${revision}`);
    await tab.standsAt(revision);
    await tab.shows(await expected(revision), `revision ${revision} (SEED=${SEED})`);
  }
}

async function open(stage, t, name) {
  const file = await findTrace(name);
  if (!file) {
    t.skip(`${name} is not here: PALIMPSEST_TRACES may name the folder`);
    return undefined;
  }
  const trace = await readTrace(file);
  const server = await stage.emptyServer();
  const id = await server.importTrace(file, name);
  // What a command says is read before the server takes the folder.
  const revisions = moments(trace.txns.length + 1 + (trace.startContent ? 1 : 0));
  const spoken = new Map();
  for (const revision of revisions) {
    spoken.set(revision, await server.command("text", id, "--at-revision", String(revision)));
  }
  await server.start();
  const tab = await (await stage.person(server, "Ana")).open(`/d/${id}`);
  await tab.saved(CATCH_UP_MS_MAX);
  return { trace, server, id, tab, revisions, spoken };
}

/** The slider's ends. */
async function ends(tab, last, endContent) {
  await tab.timelineKey("Home");
  await tab.standsAt(1);
  await tab.shows("", "revision 1");
  await tab.timelineKey("End");
  await tab.standsAt(last);
  await tab.shows(endContent, "now");
}

story("a quarter of a million edits of one writer", async (stage, t) => {
  const opened = await open(stage, t, "sequential/automerge-paper");
  if (!opened) return;
  const { trace, server, id, tab, revisions, spoken } = opened;
  const last = await tab.last();
  assert.equal(last, trace.txns.length + 1, "one revision makes the document, one is each edit");
  await tab.shows(trace.endContent, "the end of the trace");
  await ends(tab, last, trace.endContent);
  const plain = replay(trace, revisions.map((revision) => revision - 1));
  await look(tab, revisions, async (revision) => {
    const text = plain.get(revision - 1);
    assert.ok(spoken.get(revision) === text, `the command's text of revision ${revision}`);
    assert.ok((await server.text(id, revision)) === text, `the server's text of ${revision}`);
    return text;
  });
}, STORY_MS_MAX);

story("three writers at once", async (stage, t) => {
  const opened = await open(stage, t, "concurrent/clownschool");
  if (!opened) return;
  const { trace, server, id, tab, revisions, spoken } = opened;
  const last = await tab.last();
  assert.equal(last, trace.txns.length + 1);
  await tab.shows(trace.endContent, "the end of the trace");
  await ends(tab, last, trace.endContent);
  await look(tab, revisions, async (revision) => {
    const text = await server.text(id, revision);
    assert.ok(spoken.get(revision) === text, `the command's text of revision ${revision}`);
    return text;
  });
}, STORY_MS_MAX);
