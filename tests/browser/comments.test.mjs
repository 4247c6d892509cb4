// Comments: what people say about a passage, in threads that follow it wherever it goes, and
// that show in the past as they stood then.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

const WIDE = { viewport: { width: 1440, height: 900 } };
const TEXT = "Every release leaves on a Thursday. Someone reads the changelog aloud.";

/** Two people with one document open that says `TEXT`; both have names. */
async function pair(stage, options = WIDE) {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana", options);
  const jonas = await stage.person(server, "Jonas", options);
  const a = await ana.create();
  await a.append(TEXT);
  await a.saved();
  const b = await jonas.open(`/d/${a.id}`);
  await b.shows(TEXT);
  await a.introduce("Ana Keller", 2);
  await b.introduce("Jonas", 3);
  await b.saved();
  return { server, ana, jonas, a, b };
}

/** Selects a part of the first line by keys. */
async function select(tab, part, text = TEXT) {
  const at = text.indexOf(part);
  await tab.caret(at);
  await tab.page.keyboard.down("Shift");
  for (let i = 0; i < part.length; i++) await tab.page.keyboard.press("ArrowRight");
  await tab.page.keyboard.up("Shift");
}

/** Comments on a part of the text by the button beside the selection. */
async function comment(tab, part, words) {
  await select(tab, part);
  await tab.button("Comment").first().click();
  await say(tab, "Your comment", words);
}

async function say(tab, field, words) {
  const box = tab.page.getByRole("textbox", { name: field, exact: true }).filter({ visible: true });
  await box.fill(words);
  await box.press("Control+Enter");
}

/** What is underlined in the shown text. */
function underlined(tab) {
  return tab.page.evaluate(() => {
    const sheet = [...document.querySelectorAll(".sheet")].find((one) => !one.hidden);
    const passages = {};
    for (const part of sheet.querySelectorAll(".cm-comment")) {
      passages[part.dataset.comment] = (passages[part.dataset.comment] ?? "") + part.textContent;
    }
    return Object.values(passages).join("|");
  });
}

const cards = (tab, name) =>
  tab.page.getByRole("article", { name: `Comment by ${name}`, exact: true }).filter({ visible: true });

story("somebody selects words, says something about them, and the other answers", async (stage) => {
  const { a, b } = await pair(stage);
  await comment(a, "a Thursday", "Every week?");
  await becomes(() => underlined(a), "a Thursday", "what Ana sees underlined");
  await becomes(() => underlined(b), "a Thursday", "what Jonas sees underlined");
  const card = cards(b, "Ana Keller").first();
  await card.click();
  assert.match(await card.innerText(), /Every week\?/);
  await card.getByRole("button", { name: "Reply" }).click();
  await say(b, "Your reply", "Only when there is something.");
  await until(async () => /Only when/.test(await cards(a, "Ana Keller").first().innerText()), "the answer");
  await becomes(() => b.button("Comments 1").count(), 1, "the button that counts");
  // The card stands beside its passage.
  const [text, beside] = await a.page.evaluate(() => [
    document.querySelector(".cm-comment").getBoundingClientRect(),
    document.querySelector(".rail .card.placed").getBoundingClientRect(),
  ]);
  assert.ok(Math.abs(text.top - beside.top) < 40, `${text.top} and ${beside.top}`);
  assert.ok(beside.left > text.right, "not over the text");
});

story("a comment follows its text, and does not grow at its edges", async (stage) => {
  const { a, b } = await pair(stage);
  await comment(a, "a Thursday", "Every week?");
  await becomes(() => underlined(b), "a Thursday", "what Jonas sees underlined");
  await b.caret(0);
  await b.type("Note: ");
  await b.caret("Note: Every release leaves on a".length);
  await b.type(" sunny");
  await becomes(() => underlined(a), "a sunny Thursday", "what Ana sees underlined");
  await b.caret("Note: Every release leaves on a sunny Thursday".length);
  await b.type(" or a Friday");
  await b.saved();
  await a.showsPart("or a Friday");
  assert.equal(await underlined(a), "a sunny Thursday");
  // After another opening it is the same.
  await a.reload();
  await becomes(() => underlined(a), "a sunny Thursday", "what is underlined after a reload");
});

story("a comment outlives its text, and leads to the moment when that stood", async (stage) => {
  const { a } = await pair(stage);
  await comment(a, "Someone", "Who?");
  await becomes(() => underlined(a), "Someone", "what is underlined");
  await select(a, "Someone");
  await a.page.keyboard.press("Delete");
  await becomes(() => underlined(a), "", "nothing is left of it");
  await a.button("Comments 1").click();
  const panel = a.page.getByRole("complementary", { name: "Comments" });
  await panel.getByText("The text this spoke about was removed.").waitFor();
  await panel.getByText("Someone", { exact: true }).waitFor();
  await a.button("See when it last stood").click();
  await until(() => a.isPast(), "the past is shown");
  await becomes(() => underlined(a), "Someone", "what is underlined in the past");
  assert.match(await a.text(), /Someone reads/);
  await a.button("Back to now").click();
  // What is put back by undo has its comment again.
  await a.editor.focus();
  await a.page.keyboard.press("Control+Z");
  await becomes(() => underlined(a), "Someone", "what is underlined after undo");
});

story("comments show in the past as they stood then", async (stage) => {
  const { a } = await pair(stage);
  await comment(a, "Thursday", "Which one?");
  await a.saved();
  const before = await a.last();
  await cards(a, "Ana Keller").first().getByRole("button", { name: "Reply" }).click();
  await say(a, "Your reply", "Every one.");
  await a.page.keyboard.press("Control+Alt+KeyE");
  await becomes(() => underlined(a), "", "a resolved comment is not underlined");
  await a.saved();
  await a.go(`/d/${a.id}?at=${before}`).catch(() => undefined);
  await becomes(() => underlined(a), "Thursday", "then it was open");
  const card = cards(a, "Ana Keller").first();
  await card.waitFor();
  assert.doesNotMatch(await card.innerText(), /Every one/);
  assert.equal(await card.getByRole("button", { name: "Reply" }).count(), 0, "the past is only read");
  await a.timelineKey("Home");
  await becomes(() => underlined(a), "", "at first there was none");
});

story("somebody changes and withdraws what they said, resolves it and takes it up again", async (stage) => {
  const { a, b } = await pair(stage);
  await comment(a, "changelog", "Aloud realy?");
  const card = cards(a, "Ana Keller").first();
  await card.getByRole("button", { name: "Edit" }).click();
  await say(a, "Your comment", "Aloud, really?");
  await until(async () => /Aloud, really\?/.test(await cards(b, "Ana Keller").first().innerText()), "the new words");
  await cards(b, "Ana Keller").first().click();
  assert.equal(await b.button("Edit").count(), 0, "it is not Jonas's to change");
  await b.button("Resolve").click();
  await becomes(() => b.button("Comments").count(), 1, "none is open");
  await b.button("Comments").click();
  const panel = b.page.getByRole("complementary", { name: "Comments" });
  await panel.getByRole("radio", { name: "Resolved" }).check({ force: true });
  await panel.getByText("Resolved by Jonas").waitFor();
  await panel.getByRole("button", { name: "Reopen" }).click();
  await becomes(() => underlined(b), "changelog", "it is open again");
  await until(async () => (await cards(a, "Ana Keller").count()) > 0, "Ana sees it again");
  await cards(a, "Ana Keller").first().click();
  await a.button("Withdraw").click();
  await becomes(() => underlined(a), "", "it is gone");
  await becomes(() => underlined(b), "", "for Jonas too");
});

story("a person is named with an @, and sees it", async (stage) => {
  const { a, b } = await pair(stage);
  await until(async () => /Ana Keller/.test(await b.page.getByRole("list", { name: "People here" }).innerText()), "Ana is here");
  await select(b, "Thursday");
  await b.page.keyboard.press("Control+Alt+KeyM");
  const field = b.page.getByRole("textbox", { name: "Your comment" }).filter({ visible: true });
  await field.waitFor();
  await until(() => field.evaluate((one) => one === document.activeElement), "the field has the focus");
  await b.type("Is that right, @kel");
  await b.page.getByRole("option", { name: "Ana Keller" }).waitFor();
  await b.page.keyboard.press("Enter");
  assert.equal(await field.inputValue(), "Is that right, @Ana Keller ");
  await b.page.keyboard.press("Control+Enter");
  await cards(a, "Jonas").first().waitFor();
  await a.page.getByText("Names you").first().waitFor();
  assert.equal(await cards(a, "Jonas").first().locator(".mention").innerText(), "@Ana Keller");
});

story("comments are made, walked through, answered and resolved by the keyboard alone", async (stage) => {
  const { a } = await pair(stage);
  const keys = a.page.keyboard;
  for (const [part, words] of [["release", "First"], ["changelog", "Second"]]) {
    await select(a, part);
    await keys.press("Control+Alt+KeyM");
    await a.page.getByRole("textbox", { name: "Your comment" }).filter({ visible: true }).waitFor();
    await until(() => a.page.evaluate(() => document.activeElement.tagName === "TEXTAREA"), "the field");
    await a.type(words);
    await keys.press("Control+Enter");
    await becomes(() => a.page.evaluate(() => document.activeElement.tagName), "DIV", "the text has the focus");
  }
  const said = () => a.page.evaluate(() => document.activeElement.innerText);
  await keys.press("Escape");
  await keys.press("Control+Alt+KeyN");
  await until(async () => /First|Second/.test(await said()), "a comment has the focus");
  const one = await said();
  await keys.press("Control+Alt+KeyN");
  await until(async () => /First|Second/.test(await said()) && (await said()) !== one, "the next one");
  await keys.press("Control+Alt+KeyP");
  await until(async () => (await said()).includes(one.includes("First") ? "First" : "Second"), "back again");
  await keys.press("Control+Alt+KeyR");
  await until(() => a.page.evaluate(() => document.activeElement.tagName === "TEXTAREA"), "a reply");
  await a.type("Answered");
  await keys.press("Control+Enter");
  await a.page.getByText("Answered").first().waitFor();
  await keys.press("Control+Alt+KeyE");
  await becomes(() => a.button("Comments 1").count(), 1, "one is left open");
});

story("on a phone, comments are written and read in the panel", async (stage) => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };
  const { a } = await pair(stage, phone);
  await select(a, "Thursday");
  await a.button("Comment").first().click();
  await say(a, "Your comment", "From the phone");
  const panel = a.page.getByRole("complementary", { name: "Comments" });
  await panel.getByText("From the phone").waitFor();
  await panel.getByRole("button", { name: "Close" }).click();
  await a.page.locator(".cm-comment").first().tap();
  await panel.getByText("From the phone").waitFor();
  assert.ok(await a.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing scrolls sideways");
});
