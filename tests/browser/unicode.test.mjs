// Text that is not plain English: the browser counts in UTF-16, the document in scalars, and
// no character may be cut, moved or changed on the way between them.
import assert from "node:assert/strict";
import { pair } from "./scenes.mjs";
import { story } from "./stage.mjs";
import { converge } from "./waiting.mjs";

const FAMILY = "👩‍👩‍👧‍👦";
const SAMPLES = {
  astral: "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈 𝄞",
  families: `${FAMILY}${FAMILY} and 🏳️‍🌈 and 👍🏽`,
  rightToLeft: "שלום עולם – مرحبا بالعالم",
  combining: "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞a̴̢l͖̱g̷̢o, é and é",
  mixed: "a𝄞b\n日本語のテキスト\n\tTab\u00a0nbsp\u200bzero",
};

story("text of every kind is equal on both sides and on the server", async (stage) => {
  const all = Object.values(SAMPLES).join("\n");
  const { server, a, b } = await pair(stage, all);
  await a.shows(all);
  assert.equal(await server.text(a.id), all);
  await b.caret();
  await b.page.keyboard.insertText(FAMILY);
  await a.shows(all + FAMILY);
});

story("two people edit between astral characters", async (stage) => {
  const { server, a, b } = await pair(stage, "𝄞𝄞𝄞𝄞");
  await a.caret(1);
  await b.caret(3);
  const write = async (tab, parts) => {
    for (const part of parts) await tab.page.keyboard.insertText(part);
  };
  await Promise.all([write(a, ["😀", "a", "😀"]), write(b, ["𐍈", "b", "𐍈"])]);
  const text = await converge(a, b);
  assert.equal(text, "𝄞😀a😀𝄞𝄞𐍈b𐍈𝄞");
  await Promise.all([a.saved(), b.saved()]);
  assert.equal(await server.text(a.id), text);
});

story("deleting takes whole characters, never half a pair", async (stage) => {
  const { server, a, b } = await pair(stage, `x${FAMILY}𝄞`);
  await a.caret();
  await a.page.keyboard.press("Backspace");
  await b.shows(`x${FAMILY}`);
  await a.page.keyboard.press("Backspace");
  await a.saved();
  const text = await converge(a, b);
  assert.ok(!/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text));
  assert.ok(text.startsWith("x") && text.length < `x${FAMILY}`.length, JSON.stringify(text));
  assert.equal(await server.text(a.id), text);
});

story("pasted lines end the same way, however they ended before", async (stage) => {
  const { server, a, b } = await pair(stage, "start:");
  await a.caret();
  await a.paste("one\r\ntwo\rthree\nfour\r\n");
  const expected = "start:one\ntwo\nthree\nfour\n";
  await a.shows(expected);
  await b.shows(expected);
  await b.append("end");
  await a.shows(`${expected}end`);
  await a.saved();
  assert.equal(await server.text(a.id), `${expected}end`);
});

story("one composes with an input method while the other types in the same line", async (stage) => {
  const { server, a, b } = await pair(stage, "[] ");
  const input = await a.person.context.newCDPSession(a.page);
  const compose = (text) =>
    input.send("Input.imeSetComposition", {
      text,
      selectionStart: text.length,
      selectionEnd: text.length,
    });
  await a.caret(1);
  await b.caret();
  const other = b.type("typed by the other meanwhile ", 15);
  for (const text of ["に", "にほ", "にほん", "にほんg", "にほんご"]) {
    await compose(text);
    await a.page.evaluate(() => new Promise((next) => requestAnimationFrame(() => next())));
  }
  await other;
  await compose("日本語");
  await input.send("Input.insertText", { text: "日本語" });
  await a.saved();
  await b.saved();
  const text = await converge(a, b);
  assert.equal(text, "[日本語] typed by the other meanwhile ");
  assert.equal(await server.text(a.id), text);
});

story("every revision of a text of many kinds is whole", async (stage) => {
  const { server, a } = await pair(stage, "");
  for (const sample of Object.values(SAMPLES)) {
    await a.caret();
    await a.page.keyboard.insertText(sample);
    await a.saved();
  }
  const last = await a.last();
  await a.timelineKey("Home");
  for (let revision = 1; revision < last; revision++) {
    await a.standsAt(revision);
    await a.shows(await server.text(a.id, revision), `revision ${revision}`);
    await a.timelineKey("ArrowRight");
  }
});
