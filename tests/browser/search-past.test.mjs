// Searching the past: what stands now and what once stood, over all documents of this device,
// also without a network, and the way to where and when it stood.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

/** A document with a title and a text. */
async function write(person, title, text) {
  const tab = await person.create();
  await tab.title.fill(title);
  await tab.title.press("Enter");
  await tab.append(text);
  await tab.saved();
  return tab;
}

/** Takes words out of the text, key by key. */
async function strike(tab, words) {
  await tab.caret((await tab.text()).indexOf(words) + words.length);
  for (let key = 0; key < words.length; key++) await tab.page.keyboard.press("Backspace");
  await tab.saved();
}

const box = (tab) => tab.page.getByRole("searchbox", { name: "Search, past text too" });
const hits = (tab) => tab.page.locator(".search .hit");

story("find a sentence that was deleted, and read it where it last stood", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const first = await write(ana, "Release checklist", "They hold the pager and nobody else deploys until noon.");
  await first.introduce("Ana");
  await strike(first, " and nobody else deploys");
  const id = first.id;
  await write(ana, "Incident", "The rule that nobody else deploys was gone by then.");
  await first.page.close();
  const tab = await ana.open("/");
  await tab.page.getByRole("link", { name: /Search, past text too/ }).first().click();
  await box(tab).fill("Nobody else deploys");
  await until(async () => (await hits(tab).count()) === 2, "two places");
  await until(async () => /1 place now · 1 place in the past/.test(await tab.page.getByRole("status").first().innerText()), "the places are counted");
  const gone = tab.page.locator(".search .hit.gone");
  assert.match(await gone.innerText(), /nobody else deploys[\s\S]*removed by Ana, lived on/);
  assert.equal(new URL(tab.page.url()).searchParams.get("q"), "Nobody else deploys");
  await gone.click();
  await tab.ready();
  assert.equal(tab.id, id);
  await until(() => tab.isPast(), "the moment is shown");
  await tab.showsPart("and nobody else deploys until");
  // What is marked may be cut where somebody's turn of writing ended.
  const marked = async () => (await tab.page.locator(".cm-found").allInnerTexts()).join("");
  await until(async () => (await marked()) === "nobody else deploys", "the passage is marked");
  await tab.page.keyboard.press("Escape");
  await until(async () => !(await tab.isPast()), "back to now");
  await tab.shows("They hold the pager until noon.");
});

story("search without a network by keys alone, and come to where the words stand now", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await write(ana, "On-call rota", "Mondays: Ana. Nobody wakes the moon.");
  await tab.readyForOffline();
  await ana.unplug();
  await tab.append(" Offline words live here only.");
  await tab.onDevice();
  const { page } = tab;
  await page.keyboard.press("Control+Shift+F");
  await becomes(() => box(tab).evaluate((element) => element === document.activeElement), true, "the box has the focus");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("words LIVE here");
  await until(async () => (await hits(tab).count()) === 1, "a place that no server knows");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await tab.ready();
  await until(async () => (await page.evaluate(() => getSelection().toString())) === "words live here", "the words are selected");
  assert.ok(!(await tab.isPast()));
});

story("look for what never was", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await write(ana, "Plan", "Short.");
  await tab.go("/search?q=never%20written");
  await tab.page.getByText("These words never stood in a document of this device.").waitFor();
  await box(tab).fill("short");
  await until(async () => (await hits(tab).count()) === 1, "what is there is found");
});
