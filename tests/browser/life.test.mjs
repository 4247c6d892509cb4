// The life of a text: who wrote each word and when, what was deleted there, every wording it had,
// and the way to each of these moments; from the present and from the past.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { converge, until } from "./waiting.mjs";

const panel = (tab) => tab.page.getByRole("complementary", { name: "Life of this text" });

/** Ana writes a sentence, Jonas mends it and takes a word out. */
async function sentence(stage) {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  const a = await ana.create();
  await a.introduce("Ana", 2);
  await a.append("Nothing here.\nThe budget is never final. The rest is silence.");
  await a.saved();
  const b = await jonas.open(`/d/${a.id}`);
  await b.introduce("Jonas", 3);
  await b.showsPart("silence");
  const at = (await b.text()).indexOf(" never final");
  await b.caret(at + " never".length);
  for (let key = 0; key < " never".length; key++) await b.page.keyboard.press("Backspace");
  await b.type(" almost");
  await b.saved();
  assert.match(await converge(a, b), /The budget is almost final\. The rest/);
  return { a, b };
}

story("select a sentence to read who wrote each word and what was deleted, and go there", async (stage) => {
  const { a } = await sentence(stage);
  const { page } = a;
  await a.caret((await a.text()).indexOf("The budget"));
  for (let key = 0; key < "The budget is almost final.".length; key++) {
    await page.keyboard.press("Shift+ArrowRight");
  }
  await a.button("More").click();
  await page.getByRole("menuitem", { name: /Life of this text/ }).click();
  const life = panel(a);
  await life.getByRole("heading", { name: "Who wrote it" }).waitFor();
  const writers = life.getByRole("list").first().getByRole("listitem");
  await until(async () => (await writers.count()) === 3, "three pieces by two people");
  assert.match(await writers.nth(0).innerText(), /The budget is[\s\S]*Ana/);
  assert.match(await writers.nth(1).innerText(), /almost[\s\S]*Jonas/);
  assert.match(await writers.nth(2).innerText(), /final[\s\S]*Ana/);
  // What Jonas took out, and the moment at which it still stood.
  const gone = life.getByRole("listitem").filter({ has: page.locator("del", { hasText: "never" }) });
  await gone.first().getByRole("button", { name: "Go to that moment" }).click();
  await until(() => a.isPast(), "the past is shown");
  await a.showsPart("The budget is never final.");
  await until(async () => (await page.locator(".cm-found").allInnerTexts()).join("").includes("never"), "the passage is marked");
  // Every wording is there, the last first.
  const wordings = life.locator("ol.cards > li");
  assert.match(await wordings.first().innerText(), /almost/);
  assert.match(await wordings.last().innerText(), /never final/);
});

story("put the caret into a sentence and read its life by keys alone, also in the past", async (stage) => {
  const { a } = await sentence(stage);
  const { page } = a;
  await a.caret((await a.text()).indexOf("almost") + 3);
  await page.keyboard.press("Control+Shift+H");
  const life = panel(a);
  await until(async () => (await life.locator("blockquote").innerText()).trim() === "The budget is almost final.", "the sentence around the caret");
  const there = life.getByRole("button", { name: "Go to that moment" });
  await there.last().focus();
  await page.keyboard.press("Enter");
  await until(() => a.isPast(), "the past is shown");
  // In the past the same key tells of what stands there.
  const sheet = page.locator(".sheet.past .cm-content");
  await sheet.focus();
  await page.keyboard.press("Control+Shift+H");
  await life.getByRole("heading", { name: "Who wrote it" }).waitFor();
  assert.ok(await a.isPast(), "one stays in the past");
  await page.keyboard.press("Escape");
  await until(async () => !(await a.isPast()), "Escape comes back to now");
});
