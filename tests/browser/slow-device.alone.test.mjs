// A device that is twenty times slower than this one, so that what is there for a moment only can
// be looked at.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { artifact, story } from "./stage.mjs";
import { snapshot } from "./stored.mjs";
import { becomes, until } from "./waiting.mjs";

story("going there while the history is still read shows nothing to write in, and one can leave", async (stage) => {
  const server = await stage.emptyServer();
  const txns = Array.from({ length: 30_000 }, (_, nth) => ({
    parents: nth ? [nth - 1] : [], agent: "Ana", time: new Date(1.7e12 + nth * 2000).toISOString(), patches: [[nth, 0, "a"]],
  }));
  const file = await artifact("long.json");
  await writeFile(file, JSON.stringify({ endContent: "a".repeat(txns.length), numAgents: 1, txns }));
  const id = await server.importTrace(file, "A long history");
  await server.start();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.open(`/d/${id}`);
  await tab.saved();
  await until(() => snapshot(tab.page, id), "something is kept to open it by");
  const devtools = await ana.context.newCDPSession(tab.page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 20 });
  await tab.page.addInitScript(() => {
    globalThis.seen = { waiting: 0, writable: 0 };
    const look = () => {
      if (document.querySelector(".sheet.waiting")) seen.waiting++;
      if (document.querySelector(".sheet.live:not([hidden]) [contenteditable=true]")) seen.writable++;
      requestAnimationFrame(look);
    };
    look();
  });
  await tab.page.goto(`/d/${id}?at=50`);
  await tab.page.locator(".sheet.waiting").waitFor();
  assert.equal(await tab.page.locator(".page").getAttribute("data-moment"), "past");
  await tab.standsAt(50);
  await tab.shows("a".repeat(49), "the text of the moment");
  const seen = await tab.page.evaluate(() => globalThis.seen);
  assert.ok(seen.waiting > 0, "it was waited for");
  assert.equal(seen.writable, 0, "the present was never there to be written in");
  await tab.page.goto(`/d/${id}?at=60`);
  await tab.page.locator(".sheet.waiting").waitFor();
  await tab.page.keyboard.press("Escape");
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  await tab.page.locator(".sheet.live [contenteditable=true]").waitFor();
  await becomes(() => new URL(tab.page.url()).search, "", "the address says now");
  await tab.timeline.waitFor();
  assert.ok(!(await tab.isPast()), "and it stays so");
});
