// Input methods while others write: what is being composed is neither ended nor doubled, and
// the texts are equal on both sides, whatever they are made of.
import assert from "node:assert/strict";
import { pair } from "./scenes.mjs";
import { story } from "./stage.mjs";
import { converge, until } from "./waiting.mjs";

const FAMILY = "👩‍👩‍👧‍👦";

/** Two people with one document, of whom Ana composes. */
async function composing(stage, text) {
  const { server, a, b } = await pair(stage, text);
  const input = await a.person.context.newCDPSession(a.page);
  const compose = async (text) => {
    const end = text.length;
    await input.send("Input.imeSetComposition", { text, selectionStart: end, selectionEnd: end });
    await a.page.evaluate(() => new Promise((next) => requestAnimationFrame(() => next())));
  };
  const commit = (text) => input.send("Input.insertText", { text });
  const alike = async (expected) => {
    await Promise.all([a.saved(), b.saved()]);
    assert.equal(await converge(a, b), expected);
    assert.equal(await server.text(a.id), expected);
  };
  return { a, b, compose, commit, alike };
}

story("one composes while the other writes on another line", async (stage) => {
  const { a, b, compose, commit, alike } = await composing(stage, "first\n\nlast");
  await a.caret(7);
  await b.caret();
  const other = b.type(" line of the other", 10);
  for (const text of ["と", "とう", "とうk", "とうきょう", "東京"]) await compose(text);
  await other;
  await commit("東京");
  await alike("first\n\n東京last line of the other");
});

story("one composes inside of a bold word while the other writes before it", async (stage) => {
  const { a, b, compose, commit, alike } = await composing(stage, "see **word** here");
  await a.caret(8);
  await b.caret(0);
  await compose("に");
  const other = b.type("Please ", 10);
  for (const text of ["にほ", "にほん", "日本"]) await compose(text);
  await other;
  await commit("日本");
  await alike("Please see **wo日本rd** here");
});

story("one composes in a list item while the other ticks it and puts a line above", async (stage) => {
  const { a, b, compose, commit, alike } = await composing(stage, "- [ ] task\n- [ ] other");
  await a.caret(10);
  await compose("か");
  await b.page.getByRole("checkbox", { name: "other" }).click();
  await b.caret(0);
  await b.page.keyboard.insertText("# Tasks\n");
  await until(async () => /^# Tasks\n.*\n- \[x\]/.test(await b.text()), "the other did both");
  for (const text of ["かn", "かんj", "漢字"]) await compose(text);
  await commit("漢字");
  await alike("# Tasks\n- [ ] task漢字\n- [x] other");
});

story("the other deletes the line in which one composes", async (stage) => {
  const { a, b, compose, commit } = await composing(stage, "keep\ndoomed\nkeep");
  await a.caret(8);
  await compose("に");
  await b.caret(5);
  await b.page.keyboard.press("Shift+End");
  await b.page.keyboard.press("Delete");
  await b.shows("keep\n\nkeep").catch(() => undefined);
  for (const text of ["にほ", "日本"]) await compose(text);
  await commit("日本");
  await Promise.all([a.saved(), b.saved()]);
  const text = await converge(a, b);
  assert.equal(text.split("日本").length, 2, `composed once: ${JSON.stringify(text)}`);
  assert.ok(!text.includes("doomed"), text);
});

story("a composition that is given up leaves nothing behind", async (stage) => {
  const { b, a, compose, alike } = await composing(stage, "text ");
  await a.caret();
  await b.caret(0);
  await compose("に");
  const other = b.type("other ", 10);
  await compose("にほ");
  await other;
  await compose("");
  await alike("other text ");
});

story("composing beside families, combining marks and right-to-left text keeps them whole", async (stage) => {
  const start = `𝄞${FAMILY} é שלום `;
  const { a, b, compose, commit, alike } = await composing(stage, start);
  await a.caret();
  await b.caret(0);
  const other = b.page.keyboard.insertText(FAMILY);
  for (const text of ["ᄒ", "하", "한", "한ᄀ", "한구", "한국"]) await compose(text);
  await other;
  await commit("한국");
  await alike(`${FAMILY}${start}한국`);
});

story("lines pasted with carriage returns stand the same on both sides while one composes", async (stage) => {
  const { a, b, compose, commit, alike } = await composing(stage, "start\n");
  await a.caret();
  await compose("に");
  await b.caret(0);
  await b.paste("one\r\ntwo\r𝄞\r\n");
  await b.shows("one\ntwo\n𝄞\nstart\nに").catch(() => undefined);
  await compose("日本");
  await commit("日本");
  await alike("one\ntwo\n𝄞\nstart\n日本");
});
