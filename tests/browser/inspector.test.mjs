// The event inspector: the raw events with their kinds and parents, filtered, read as JSON, and
// replayed from there.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

const panel = (tab) => tab.page.getByRole("complementary", { name: "Events", exact: true });
const rows = (tab) => panel(tab).getByRole("listbox", { name: "All events" }).getByRole("option");

async function document(stage) {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.create();
  await tab.introduce("Ana");
  for (const words of ["One. ", "Two. ", "Three. "]) {
    await tab.append(words);
    await tab.saved();
  }
  await tab.caret();
  await tab.paste("Pasted words.");
  await tab.saved();
  await tab.page.keyboard.press("Control+Z");
  await tab.saved();
  return tab;
}

story("read the raw events, filter them, copy one as JSON and replay from it", async (stage) => {
  const tab = await document(stage);
  const { page } = tab;
  const last = await tab.last();
  await tab.button("More").click();
  await page.getByRole("menuitem", { name: "Events" }).click();
  await becomes(() => rows(tab).count(), last, "a row for each event");
  assert.ok((await panel(tab).locator("svg.lanes circle").count()) >= last, "a dot for each");
  // Filtered by kind, and by what they say.
  await panel(tab).getByRole("combobox", { name: "Kind" }).selectOption("Pasted");
  await becomes(() => rows(tab).count(), 1, "one paste");
  const paste = rows(tab).first();
  assert.match(await paste.innerText(), /Pasted words/);
  await panel(tab).getByRole("combobox", { name: "Kind" }).selectOption("");
  await panel(tab).getByRole("searchbox", { name: "Contains" }).fill("two");
  await becomes(() => rows(tab).count(), 1, "one event with these words");
  await panel(tab).getByRole("searchbox", { name: "Contains" }).fill("");
  await becomes(() => rows(tab).count(), last, "all of them again");
  // The undo names the paste as its cause.
  await rows(tab).last().click();
  await panel(tab).getByText("Because of").getByRole("button").click();
  await panel(tab).getByRole("button", { name: "Copy as JSON" }).click();
  await page.getByText("Event copied").waitFor();
  const json = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  assert.equal(json.type, "palimpsest.TextEdited.v1");
  assert.equal(json.data.intent, "pasted");
  assert.equal(json.data.ops[0].insert.text, "Pasted words.");
  await rows(tab).nth(1).click();
  // The few edits are played in less than a second, so it is watched from before.
  await Promise.all([
    page.locator('.page[data-moment="past"]').waitFor(),
    panel(tab).getByRole("button", { name: "Replay from here" }).click(),
  ]);
  await until(async () => !(await tab.isPast()), "it plays until now");
});

story("walk through the events by keys alone and go to one", async (stage) => {
  const tab = await document(stage);
  const { page } = tab;
  await tab.button("More").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Events" }).focus();
  await page.keyboard.press("Enter");
  const list = panel(tab).getByRole("listbox", { name: "All events" });
  await list.focus();
  await page.keyboard.press("Home");
  await becomes(() => list.getAttribute("aria-activedescendant"), "event-1", "the first is chosen");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await becomes(() => list.getAttribute("aria-activedescendant"), "event-3", "the third is chosen");
  await page.keyboard.press("Enter");
  await until(() => tab.isPast(), "its moment is shown");
  await tab.standsAt(3);
});
