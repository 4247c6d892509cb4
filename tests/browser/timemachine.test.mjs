// The time machine: that every moment can be reached and read, that reading it changes
// nothing, and that coming back and restoring do what they say.
import assert from "node:assert/strict";
import { history } from "./scenes.mjs";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

story("the slider goes to the first and the last revision by keys", async (stage) => {
  const { tab, now } = await history(stage);
  const last = await tab.last();
  assert.ok(last >= 6, `the document and five edits: ${last}`);
  assert.equal(await tab.timeline.getAttribute("aria-valuemin"), "1");
  await tab.timelineKey("Home");
  await tab.standsAt(1);
  await tab.shows("", "the text of the first revision");
  assert.ok(await tab.isPast());
  await tab.timelineKey("ArrowRight");
  await tab.standsAt(2);
  await tab.timelineKey("End");
  await tab.standsAt(last);
  await tab.shows(now);
  assert.ok(!(await tab.isPast()), "the end is now");
  await tab.timelineKey("ArrowLeft");
  await tab.standsAt(last - 1);
  assert.ok(await tab.isPast());
  const spoken = await tab.timeline.getAttribute("aria-valuetext");
  assert.match(spoken, new RegExp(`Edit ${last - 1} of ${last}`));
});

story("every revision shows the text that the server has for it", async (stage) => {
  const { server, tab } = await history(stage);
  const last = await tab.last();
  await tab.timelineKey("Home");
  for (let revision = 1; revision < last; revision++) {
    await tab.standsAt(revision);
    await tab.shows(await server.text(tab.id, revision), `the text of revision ${revision}`);
    await tab.button("Next edit").click();
  }
  await tab.standsAt(last);
  await tab.button("Previous edit").click();
  await tab.standsAt(last - 1);
});

story("dragging the slider moves through time, and back to now", async (stage) => {
  const { tab, now } = await history(stage);
  const last = await tab.last();
  const box = await tab.timeline.boundingBox();
  const { mouse } = tab.page;
  const y = box.y + box.height / 2;
  await mouse.move(box.x + box.width - 4, y);
  await mouse.down();
  const seen = new Set();
  for (let part = 20; part >= 0; part--) {
    await mouse.move(box.x + (box.width * part) / 20, y);
    seen.add(await tab.revision());
  }
  await tab.standsAt(1);
  await tab.shows("");
  for (let part = 0; part <= 20; part++) await mouse.move(box.x + (box.width * part) / 20, y);
  await mouse.up();
  await tab.standsAt(last);
  await tab.shows(now);
  assert.ok(seen.size >= 4, `it went through the revisions between: ${[...seen]}`);
});

story("the past is unmistakable and cannot be written in", async (stage) => {
  const { tab, versions, now } = await history(stage);
  const { revision, text } = versions[2];
  await tab.follow(`/d/${tab.id}?at=${revision}`);
  await tab.standsAt(revision);
  await tab.shows(text);
  const banner = tab.page.getByRole("region", { name: "You are reading" });
  await until(async () => /You are reading/.test(await banner.innerText()), "the banner");
  await tab.editor.focus();
  await tab.type("written into the past");
  await tab.shows(text, "the past after typing in it");
  assert.equal(await tab.editor.getAttribute("aria-readonly"), "true");
  await tab.page.keyboard.press("Escape");
  await tab.shows(now, "the text after Escape");
  assert.ok(!(await tab.isPast()));
  await tab.button("Previous edit").click();
  await tab.button("Back to now").click();
  await tab.shows(now, "the text after the button");
  assert.equal(tab.addressed, null, "and the address says now");
});

story("play shows the whole story and ends now, and pause stops it", async (stage) => {
  const { tab, now } = await history(stage);
  const last = await tab.last();
  const speed = tab.page.getByRole("combobox", { name: "Playback speed" });
  await speed.selectOption("1×");
  await tab.button("Play").click();
  await until(() => tab.isPast(), "the past is played");
  await until(async () => (await tab.revision()) >= 2, "it moves on by itself");
  await tab.button("Pause").click();
  const stopped = await tab.revision();
  assert.ok(stopped < last, `it stopped on the way: ${stopped}`);
  await tab.button("Play").waitFor();
  await speed.selectOption("8×");
  await tab.button("Play").click();
  await tab.standsAt(last);
  await until(async () => !(await tab.isPast()), "the end of the story is now");
  await tab.shows(now);
});

story("restoring is a new edit with the old text, and can be undone", async (stage) => {
  const { server, tab, versions, now } = await history(stage);
  const last = await tab.last();
  const { revision, text } = versions[1];
  await tab.follow(`/d/${tab.id}?at=${revision}`);
  await tab.standsAt(revision);
  await tab.shows(text);
  await tab.button("Restore this version").click();
  await tab.button("Restore").click();
  await until(async () => !(await tab.isPast()), "the present after restoring");
  await tab.shows(text, "the restored text");
  await tab.saved();
  const after = await tab.last();
  assert.ok(after > last, `nothing is rewritten: ${last} revisions before, ${after} after`);
  assert.equal(await server.text(tab.id), text);
  assert.equal(await server.text(tab.id, last), now, "what was there before is still the past");
  await tab.editor.focus();
  await tab.page.keyboard.press("Control+Z");
  await tab.shows(now, "the text after undoing the restoration");
  await tab.saved();
  assert.ok((await tab.last()) > after, "undoing is a new edit as well");
});

story("a link to a moment opens that moment, also for somebody else", async (stage) => {
  const { server, tab, versions } = await history(stage);
  const { revision, text } = versions[2];
  await tab.follow(`/d/${tab.id}?at=${revision}`);
  await tab.standsAt(revision);
  await tab.button("Copy link to this moment").click();
  const link = await until(
    () => tab.page.evaluate(() => navigator.clipboard.readText()),
    "a link in the clipboard",
  );
  const { pathname, search } = new URL(link);
  assert.equal(pathname + search, `/d/${tab.id}?at=${revision}`);
  const jonas = await stage.person(server, "Jonas");
  const other = await jonas.open(pathname + search);
  await other.standsAt(revision);
  await other.shows(text);
  assert.ok(await other.isPast());
  await other.timelineKey("Home");
  await becomes(async () => other.addressed, 1, "the address follows the time machine");
  const last = await other.last();
  await other.go(`/d/${tab.id}`);
  await other.timelineKey("Home");
  await other.standsAt(1);
  await becomes(async () => other.addressed, 1, "leaving now is a step of the browser's history");
  await other.page.goBack();
  await until(async () => !(await other.isPast()), "going back in the browser comes back to now");
  await other.go(`/d/${tab.id}?at=${last}`);
  await other.standsAt(last);
  await other.go(`/d/${tab.id}?at=999999`);
  await until(async () => !(await other.isPast()), "a moment that does not exist is now");
});

story("a version gets a name that others see on their timeline", async (stage) => {
  const { server, tab, versions } = await history(stage);
  const jonas = await stage.person(server, "Jonas");
  const other = await jonas.open(`/d/${tab.id}`);
  const { revision, text } = versions[1];
  await tab.follow(`/d/${tab.id}?at=${revision}`);
  await tab.standsAt(revision);
  await tab.button("Name this version").click();
  await tab.page.getByRole("textbox", { name: "Name of the version" }).fill("v1 agreed");
  await tab.button("Save").click();
  for (const person of [tab, other]) {
    const marker = person.page.getByTitle("v1 agreed").first();
    await marker.waitFor();
    await marker.click();
    await person.standsAt(revision);
    await person.shows(text);
  }
});

story("comparing with now shows what was added and removed", async (stage) => {
  const { tab, versions } = await history(stage);
  await tab.caret(0);
  for (let i = 0; i < 3; i++) await tab.page.keyboard.press("Delete");
  await tab.saved();
  const { revision, text } = versions[1];
  await tab.follow(`/d/${tab.id}?at=${revision}`);
  await tab.shows(text);
  const compare = tab.button("Compare with now");
  await compare.click();
  assert.equal(await compare.getAttribute("aria-pressed"), "true");
  const banner = tab.page.getByRole("region", { name: "You are reading" });
  const added = " three four five".length;
  const counts = new RegExp(`${added} added, 3 removed`);
  await until(async () => counts.test(await banner.innerText()), "how much changed since");
  // What was added since is drawn into the shown text without being part of it.
  const addition = tab.page.getByRole("insertion");
  await becomes(() => addition.getAttribute("data-text"), " three four five", "the addition");
  await becomes(() => tab.page.getByRole("deletion").innerText(), "one", "the deletion");
  await tab.shows(text, "the text itself");
  await compare.click();
  await addition.waitFor({ state: "detached" });
});

story("the time machine works without a network, with edits no server has seen", async (stage) => {
  const { ana, tab, versions } = await history(stage);
  await tab.readyForOffline();
  await ana.unplug();
  await tab.append(" offline");
  await tab.onDevice();
  await tab.reload();
  await tab.shows("one two three four five offline");
  const last = await tab.last();
  assert.ok(last > versions.at(-1).revision, "what is pending is on the timeline");
  for (const { revision, text } of versions) {
    await tab.follow(`/d/${tab.id}?at=${revision}`);
    await tab.standsAt(revision);
    await tab.shows(text);
  }
  await tab.button("Restore this version").click();
  await tab.button("Restore").click();
  await tab.shows("one two three four five", "restored offline");
  await ana.plug();
  await tab.saved();
});

story("the document goes on while the past is read", async (stage) => {
  const { server, tab, versions, now } = await history(stage);
  const jonas = await stage.person(server, "Jonas");
  const other = await jonas.open(`/d/${tab.id}`);
  await other.shows(now);
  const last = await tab.last();
  const { revision, text } = versions[1];
  await tab.follow(`/d/${tab.id}?at=${revision}`);
  await tab.shows(text);
  await other.append(" and six");
  await other.saved();
  await until(async () => (await tab.last()) > last, "the timeline grows");
  await tab.standsAt(revision);
  await tab.shows(text, "the past stays as it was");
  await tab.page.keyboard.press("Escape");
  await tab.shows(`${now} and six`);
});
