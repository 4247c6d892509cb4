// Two people in one document at the same time: that they see each other, that their texts
// become equal, and that neither takes back what the other wrote.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { becomes, converge, until } from "./waiting.mjs";

/** Two people with one document open that says `text`. */
async function pair(stage, text = "") {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const jonas = await stage.person(server, "Jonas");
  const a = await ana.create();
  if (text) await a.append(text);
  await a.saved();
  const b = await jonas.open(`/d/${a.id}`);
  await b.shows(text);
  return { server, ana, jonas, a, b };
}

/** Whether the characters of `part` are in `text` in this order, perhaps with others between. */
function contains(text, part) {
  let at = 0;
  for (const character of text) if (character === part[at]) at++;
  return at === part.length;
}

story("two people type at different places at once, and their texts become equal", async (stage) => {
  const { server, a, b } = await pair(stage, "first line\nlast line");
  await a.caret(0);
  await b.caret();
  const [one, two] = ["Ana writes at the top. ", " And Jonas at the end."];
  await Promise.all([a.type(one, 15), b.type(two, 15)]);
  const text = await converge(a, b);
  assert.equal(text, `${one}first line\nlast line${two}`);
  await Promise.all([a.saved(), b.saved()]);
  assert.equal(await server.text(a.id), text, "the server has it too");
});

story("two people type at the same place at once, and no character is lost", async (stage) => {
  const { server, a, b } = await pair(stage, "<>");
  await Promise.all([a.caret(1), b.caret(1)]);
  const [one, two] = ["abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  await Promise.all([a.type(one, 12), b.type(two, 12)]);
  const text = await converge(a, b);
  assert.equal(text.length, one.length + two.length + 2, text);
  assert.ok(contains(text, one) && contains(text, two), text);
  assert.ok(text.startsWith("<") && text.endsWith(">"), text);
  await Promise.all([a.saved(), b.saved()]);
  assert.equal(await server.text(a.id), text);
});

story("one deletes a paragraph while the other writes in it", async (stage) => {
  const { a, b } = await pair(stage, "keep this\nand this goes\nkeep that");
  await b.caret("keep this\nand this".length);
  await a.caret("keep this\n".length);
  const strike = async () => {
    for (let i = 0; i < "and this goes".length; i++) await a.page.keyboard.press("Delete");
  };
  await Promise.all([strike(), b.type(" [new]", 10)]);
  await a.saved();
  await b.saved();
  const text = await converge(a, b);
  assert.ok(contains(text, "[new]"), `what was written there stays: ${text}`);
  assert.ok(text.startsWith("keep this\n") && text.endsWith("keep that"), text);
});

story("each sees where the other is, by name", async (stage) => {
  const { a, b } = await pair(stage, "Where is everybody?");
  await a.introduce("Ana");
  await b.introduce("Jonas");
  await a.caret(0);
  await b.caret(5);
  // The name beside a caret is drawn by the style sheet, so that it never becomes text.
  const names = (tab) =>
    tab.editor.evaluate((editor) => {
      const carets = [...editor.querySelectorAll("[data-name]")];
      const seen = carets.filter((caret) => caret.getClientRects().length > 0);
      return seen.map((caret) => caret.dataset.name).join();
    });
  await becomes(() => names(a), "Jonas", "the caret that Ana sees");
  await becomes(() => names(b), "Ana", "the caret that Jonas sees");
  const people = a.page.getByRole("list", { name: "People here" });
  await until(async () => /Jonas/.test(await people.innerText()), "Jonas among the people here");
  await b.page.close();
  await becomes(() => names(a), "", "the caret of somebody who left");
});

story("undo takes back one's own words and never the other's", async (stage) => {
  const { a, b } = await pair(stage, "base ");
  await a.append("AAAA");
  await b.showsPart("AAAA");
  await b.append(" BBBB");
  await a.showsPart("BBBB");
  await a.editor.focus();
  // Bursts of typing are the size of an undo, and a busy machine makes several of one word.
  await until(async () => {
    await a.page.keyboard.press("Control+Z");
    return !(await a.text()).includes("A");
  }, "Ana's words are taken back");
  assert.match(await converge(a, b), /BBBB/, "Jonas's are not");
  await until(async () => {
    await a.page.keyboard.press("Control+Shift+Z");
    return (await a.text()).includes("AAAA");
  }, "Ana's words are back");
  assert.match(await converge(a, b), /AAAA BBBB|BBBB.*AAAA/);
});

story("two tabs of one person see each other's edits at once, also offline", async (stage) => {
  const { ana, a } = await pair(stage, "shared ");
  const second = await ana.open(`/d/${a.id}`);
  await second.shows("shared ");
  await ana.unplug();
  await a.append("from the first tab, ");
  await second.showsPart("from the first tab, ");
  await second.append("from the second tab");
  await a.shows("shared from the first tab, from the second tab");
  await Promise.all([a.onDevice(), second.onDevice()]);
  await ana.plug();
  await Promise.all([a.saved(), second.saved()]);
  await a.shows("shared from the first tab, from the second tab");
});

story("a link that is shared opens the same document for somebody else", async (stage) => {
  const { jonas, a, b } = await pair(stage, "to be shared");
  await a.button("Share").click();
  const link = await a.page.getByRole("textbox", { name: "Link", exact: true }).inputValue();
  assert.equal(new URL(link).pathname, `/d/${a.id}`);
  await a.page.keyboard.press("Escape");
  const other = await jonas.open(new URL(link).pathname);
  await other.shows("to be shared");
  assert.equal(other.id, b.id);
});

story("a new name is seen beside edits that were made before", async (stage) => {
  const { a, b } = await pair(stage, "Who wrote this?");
  await a.introduce("Ana Example");
  const spoken = async () => (await b.timeline.getAttribute("aria-valuetext")) ?? "";
  await until(async () => (await spoken()).includes("Ana Example"), "the timeline says who");
});
