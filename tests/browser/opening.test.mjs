// Opening a long document: at once, from what was kept of it; its history comes behind. What was
// kept is only a cache, and whatever becomes of it the same document appears.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { story } from "./stage.mjs";
import { damage, records, remove, snapshot } from "./stored.mjs";
import { until } from "./waiting.mjs";

const EDITS = 2_000;

/** A history of so many edits, a word each, and the text at its end. */
function history(word, edits) {
  const words = Array.from({ length: edits }, (_, nth) => `${word}${nth} `);
  let pos = 0;
  const txns = words.map((word, nth) => {
    const patch = [pos, 0, word];
    pos += word.length;
    return { time: new Date(1_760_000_000_000 + 1_000 * nth).toISOString(), patches: [patch] };
  });
  return { startContent: "", endContent: words.join(""), txns };
}

/** A server with one document of so many edits for each word, and where one is opened. */
async function longDocuments(stage, words, edits = EDITS) {
  const server = await stage.emptyServer();
  const folder = await mkdtemp(join(tmpdir(), "palimpsest-history-"));
  const documents = [];
  for (const word of words) {
    const trace = history(word, edits);
    const file = join(folder, `${word}.json.gz`);
    await writeFile(file, gzipSync(JSON.stringify(trace)));
    documents.push({ id: await server.importTrace(file, word), text: trace.endContent });
  }
  await rm(folder, { recursive: true });
  await server.start();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.open("/");
  await tab.readyForOffline();
  for (const { id, text } of documents) {
    await tab.go(`/d/${id}`);
    await tab.shows(text);
    await tab.saved();
    await until(() => snapshot(tab.page, id), "something is kept to open it by");
  }
  return { server, ana, tab, documents };
}

/** Whether the page read its history behind the text, and not before it. */
const cameBehind = (page) =>
  page.evaluate(() => performance.getEntriesByName("palimpsest:past-read").length > 0);

async function ends(tab, text) {
  await tab.timelineKey("Home");
  await tab.standsAt(1);
  await tab.shows("", "the first moment");
  await tab.timelineKey("End");
  await tab.shows(text, "now");
}

story("a long document opens at once, its history behind it, also without a network", async (stage) => {
  const { server, ana, tab, documents } = await longDocuments(stage, ["word"]);
  const [{ id, text }] = documents;
  await ana.unplug();
  await tab.reload();
  await tab.shows(text, "the text without a network");
  await tab.append("written offline");
  await tab.onDevice();
  await ends(tab, `${text}written offline`);
  assert.ok(await cameBehind(tab.page), "the history came behind the text");
  await tab.reload();
  await tab.shows(`${text}written offline`, "what was written offline");
  await tab.append(", twice");
  await ana.plug();
  await tab.saved();
  assert.equal(await server.text(id), `${text}written offline, twice`);
  await ends(tab, `${text}written offline, twice`);
});

story("a link to a moment waits for the history", async (stage) => {
  const { tab, documents } = await longDocuments(stage, ["word"]);
  const [{ id, text }] = documents;
  await tab.go(`/d/${id}?at=1000`);
  await tab.standsAt(1000);
  const until1000 = text.split(" ").slice(0, 999).join(" ");
  await until(async () => (await tab.text()).trim() === until1000, "the text at revision 1000");
  assert.ok(await cameBehind(tab.page), "the history came behind the text");
});

story("what was kept for opening is a cache: gone or damaged, the same document appears", async (stage) => {
  const { tab, documents } = await longDocuments(stage, ["word"]);
  const [{ id, text }] = documents;
  const bytes = await snapshot(tab.page, id);
  const flipped = bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte));
  for (const replacement of [null, flipped, bytes.slice(0, 40), [1, 2, 3]]) {
    await tab.go("/");
    await snapshot(tab.page, id, replacement);
    await tab.go(`/d/${id}`);
    await tab.shows(text, "the text from the log");
    assert.ok(!(await cameBehind(tab.page)), "the log was read first");
    await tab.saved();
    await until(() => snapshot(tab.page, id), "it is kept again");
  }
});

story("what was kept of another document is noticed, and a reload mends it", async (stage) => {
  const { server, tab, documents } = await longDocuments(stage, ["one", "two"]);
  const [one, two] = documents;
  await tab.go("/");
  await snapshot(tab.page, one.id, await snapshot(tab.page, two.id));
  await tab.page.goto(`/d/${one.id}`);
  await tab.page.getByRole("heading", { name: "This document cannot be opened" }).waitFor();
  await tab.page.getByRole("button", { name: "Reload" }).click();
  await tab.ready();
  await tab.shows(one.text, "its own text");
  await tab.append("and on");
  await tab.saved();
  assert.equal(await server.text(one.id), `${one.text}and on`);
});

// More than a device writes into one record.
const EDITS_OF_RECORDS = 9_000;

story("a part of the history is damaged behind the text: one goes on writing, and a reload brings it back", async (stage) => {
  const { server, tab, documents } = await longDocuments(stage, ["word"], EDITS_OF_RECORDS);
  const [{ id, text }] = documents;
  await tab.go("/");
  assert.ok((await records(tab.page, "ordered", id)) > 3);
  await damage(tab.page, "ordered", id, 2);
  await tab.go(`/d/${id}`);
  await tab.page.getByText("You can go on writing.").waitFor();
  await tab.append("and on");
  await tab.saved();
  assert.equal(await server.text(id), `${text}and on`);
  await tab.page.getByRole("button", { name: "Reload" }).click();
  await tab.ready();
  await ends(tab, `${text}and on`);
});

/** Opens a document of which a record in the middle is spoiled and no snapshot is left. */
async function mends(stage, spoil) {
  const { server, ana, tab, documents } = await longDocuments(stage, ["word"], EDITS_OF_RECORDS);
  const [{ id, text }] = documents;
  await tab.go("/");
  const before = await records(tab.page, "ordered", id);
  await spoil(tab.page, id);
  await snapshot(tab.page, id, null);
  await tab.go(`/d/${id}`);
  await tab.shows(text, "the text that the server still has");
  await tab.append("and on");
  await tab.saved();
  assert.equal(await server.text(id), `${text}and on`);
  await until(() => snapshot(tab.page, id), "the device has everything again");
  const after = await records(tab.page, "ordered", id);
  assert.ok(after <= before + 2, `${after} records in the place of ${before}: only the hole was filled`);
  await snapshot(tab.page, id, null);
  await ana.unplug();
  await tab.reload();
  await ends(tab, `${text}and on`);
}

story("a record in the middle of a long history is gone: it is fetched again, and nothing else", (stage) =>
  mends(stage, (page, id) => remove(page, "ordered", id, 2)));

story("two records in a row are gone", (stage) =>
  mends(stage, async (page, id) => {
    await remove(page, "ordered", id, 1);
    await remove(page, "ordered", id, 1);
  }));

story("a record in the middle of a long history is damaged: it is replaced, and nothing else", (stage) =>
  mends(stage, (page, id) => damage(page, "ordered", id, 2)));

story("one record is damaged and a later one is gone", (stage) =>
  mends(stage, async (page, id) => {
    await remove(page, "ordered", id, 3);
    await damage(page, "ordered", id, 1);
  }));
