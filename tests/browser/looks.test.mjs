// What one sees of a text and of the people who write it: Markdown looks like what it means,
// people differ without colours, and what is exported looks like what was shown.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { chronicled, history, pair, say } from "./scenes.mjs";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

story("headings, emphasis, quotes, code, tables and tasks look like what they mean", async (stage) => {
  const server = await stage.server();
  const tab = await (await stage.person(server, "Ana")).create();
  await tab.editor.focus();
  await tab.page.keyboard.insertText([
    "# Large", "## Smaller", "plain **strong** *slanted* ~~struck~~ `code`", "> quoted", "- [x] done",
    "", "```rust", "fn main() { let answer = 42; } // a note", "```", "", "![A picture](https://pictures.invalid/a.png)", "", "end",
  ].join("\n"));
  const style = (text, property) => tab.editor.evaluate((editor, [text, property]) => {
    const walker = document.createTreeWalker(editor, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.data.includes(text)) return getComputedStyle(node.parentElement)[property];
    }
    return null;
  }, [text, property]);
  const px = async (text) => Number.parseFloat(await style(text, "fontSize"));
  await until(async () => (await px("Large")) > (await px("Smaller")) && (await px("Smaller")) > (await px("plain")), "headings by their size");
  assert.ok(Number(await style("strong", "fontWeight")) >= 600);
  assert.equal(await style("slanted", "fontStyle"), "italic");
  assert.match(await style("struck", "textDecorationLine"), /line-through/);
  assert.match(await style("code", "fontFamily"), /mono/);
  const quoted = await tab.editor.locator(".cm-line", { hasText: "quoted" })
    .evaluate((line) => getComputedStyle(line).backgroundImage);
  assert.match(quoted, /gradient/, "a bar beside what is quoted");
  assert.ok(await tab.page.getByRole("checkbox", { name: "done" }).isChecked());
  // Code is coloured by what it is.
  const colours = await Promise.all(["fn", "42", "a note"].map((text) => style(text, "color")));
  await until(async () => new Set(await Promise.all(["fn", "42", "a note"].map((text) => style(text, "color")))).size === 3, `code in its colours: ${colours}`);
  await tab.button("Show").waitFor();
});

story("the browser checks the spelling of what is written, and not of what is read", async (stage) => {
  const { tab, versions } = await history(stage, ["Teh first", " word"]);
  assert.equal(await tab.editor.getAttribute("spellcheck"), "true");
  assert.equal(await tab.editor.getAttribute("autocapitalize"), "sentences");
  await tab.follow(`/d/${tab.id}?at=${versions[0].revision}`);
  await tab.standsAt(versions[0].revision);
  assert.equal(await tab.editor.getAttribute("contenteditable"), "false", "what cannot be written in is not checked");
});

story("two people's carets and selections differ also without colour", async (stage) => {
  const { server, a, b } = await pair(stage, "Every release leaves on a Thursday.");
  const c = await (await stage.person(server, "Mira")).open(`/d/${a.id}`);
  for (const [tab, name, colour] of [[b, "Jonas", 2], [c, "Mira", 3]]) {
    await tab.introduce(name, colour);
    await tab.caret(name.length);
    for (let i = 0; i < 4; i++) await tab.page.keyboard.press("Shift+ArrowRight");
  }
  const others = () => a.page.evaluate(() => [...document.querySelectorAll(".cm-person")].map((one) => {
    const style = getComputedStyle(one);
    return `${one.dataset.name}: ${style.borderLeftStyle}`;
  }).sort());
  await becomes(async () => (await others()).join(), "Jonas: dashed,Mira: dotted", "both of them");
  const selected = await a.page.locator(".cm-person-range").evaluateAll((all) => all.map((one) => getComputedStyle(one).borderBottomStyle));
  assert.equal(new Set(selected).size, 2, `${selected}`);
});

story("a name and a colour are nowhere in the log", async (stage) => {
  const { server, tab } = await history(stage, ["one"]);
  await tab.introduce("Anastasia Unmistakable", 5);
  await tab.append(" two");
  await tab.saved();
  const events = await server.get(`/api/v1/documents/${tab.id}/events`);
  assert.match(events, /TextEdited/);
  assert.doesNotMatch(events, /Unmistakable/);
  await server.kill("SIGTERM");
  assert.doesNotMatch(await server.command("log", tab.id, "--json"), /Unmistakable/);
});

story("a comment follows a line that is moved", async (stage) => {
  const { a, b } = await pair(stage, "first line\nsecond line\nthird line");
  await a.caret("first line\n".length);
  for (let i = 0; i < "second".length; i++) await a.page.keyboard.press("Shift+ArrowRight");
  await say(a, "This one goes first.");
  const underlined = (tab) => tab.page.evaluate(() => [...document.querySelectorAll(".sheet.live .cm-comment")].map((one) => one.textContent).join(""));
  await becomes(() => underlined(b), "second", "what is spoken about");
  await a.caret("first line\nsec".length);
  await a.page.keyboard.press("Alt+ArrowUp");
  await a.shows("second line\nfirst line\nthird line");
  await b.shows("second line\nfirst line\nthird line");
  for (const tab of [a, b]) await becomes(() => underlined(tab), "second", "still spoken about");
});

story("the banner says when and who, and that the document goes on", async (stage) => {
  const { tab, versions } = await history(stage);
  await tab.introduce("Ana Keller");
  await tab.follow(`/d/${tab.id}?at=${versions[1].revision}`);
  await tab.standsAt(versions[1].revision);
  const banner = tab.page.getByRole("region", { name: "You are reading" });
  const told = /You are reading \w+day \d+ \w+, \d\d:\d\d:\d\d\s*—\s*Ana Keller was typing\. The document goes on without you\./;
  await until(async () => told.test((await banner.innerText()).replace(/\s+/g, " ")), "when, who, and that it goes on");
});

const flags = (tab) => tab.page.getByRole("group", { name: "Marks on the line" });

story("an import, a restoration, a comment and what came from offline stand out on the line", async (stage) => {
  const { server, tab, versions } = await history(stage);
  await tab.follow(`/d/${tab.id}?at=${versions[0].revision}`);
  await tab.standsAt(versions[0].revision);
  await tab.button("Restore this version").click();
  await tab.button("Restore").click();
  await tab.saved();
  await tab.caret(0);
  await tab.page.keyboard.press("Shift+ArrowRight");
  await say(tab, "Why?");
  await tab.saved();
  // Jonas writes on a train, and his edit arrives ten minutes later.
  const jonas = await stage.person(server, "Jonas");
  await jonas.context.addInitScript(() => {
    const now = Date.now;
    Date.now = () => now() - 10 * 60 * 1000;
  });
  const other = await jonas.open(`/d/${tab.id}`);
  await other.saved();
  await jonas.unplug();
  await other.append(" far away");
  await other.onDevice();
  await jonas.plug();
  await other.saved();
  await tab.showsPart("far away");
  await tab.button("Versions and marks").click();
  const panel = tab.page.getByRole("complementary", { name: "Versions and marks" });
  for (const mark of [/Restored an earlier version/, /Comment by .*Why\?/, /Written offline/]) {
    await panel.getByRole("button", { name: mark }).first().waitFor();
  }
  await until(async () => (await flags(tab).getByRole("button").count()) > 0, "flags on the line");
  await tab.go("/");
  const [chooser] = await Promise.all([
    tab.page.waitForEvent("filechooser"),
    (async () => {
      await tab.page.getByRole("button", { name: "More", exact: true }).last().click();
      await tab.page.getByRole("menuitem", { name: /Import/ }).first().click();
    })(),
  ]);
  await chooser.setFiles({ name: "Brought along.md", mimeType: "text/markdown", buffer: Buffer.from("# Brought along\n") });
  await tab.page.getByRole("table").getByRole("link", { name: "Brought along" }).click();
  await tab.ready();
  await flags(tab).getByTitle(/Imported/).first().waitFor();
});

story("restoring names its source, and leaves comments and other people where they are", async (stage) => {
  const { server, tab, versions } = await history(stage, ["Keep this.", " Drop that."]);
  const jonas = await stage.person(server, "Jonas");
  const other = await jonas.open(`/d/${tab.id}`);
  await other.caret(4);
  await tab.caret(0);
  for (let i = 0; i < 4; i++) await tab.page.keyboard.press("Shift+ArrowRight");
  await say(tab, "Really?");
  await tab.saved();
  await tab.follow(`/d/${tab.id}?at=${versions[0].revision}`);
  await tab.standsAt(versions[0].revision);
  await tab.button("Restore this version").click();
  await tab.button("Restore").click();
  await tab.shows("Keep this.");
  await tab.saved();
  await other.shows("Keep this.");
  await other.type("!");
  await tab.shows("Keep! this.");
  const underlined = () => tab.page.evaluate(() => [...document.querySelectorAll(".sheet.live .cm-comment")].map((one) => one.textContent).join(""));
  await becomes(underlined, "Keep", "what is spoken about");
  await other.saved();
  await tab.timelineKey("ArrowLeft");
  const banner = tab.page.getByRole("region", { name: "You are reading" });
  await until(async () => new RegExp(`restored edit ${versions[0].revision}\\.`).test(await banner.innerText()), "what was restored");
});

story("there is a speed for every patience, from half an edit to two hundred a second, and real time", async (stage) => {
  const { tab } = await history(stage, ["one"]);
  const speed = tab.page.getByRole("combobox", { name: "Playback speed" });
  const offered = await speed.locator("option").allInnerTexts();
  for (const one of ["0.5×", "1×", "8×", "200×", "Real time"]) assert.ok(offered.includes(one), `${one} of ${offered}`);
});

story("the library tells how much was written in each document, and which changed last", async (stage) => {
  const { ana, tab } = await history(stage);
  await tab.title.fill("Written first");
  await tab.title.press("Enter");
  await tab.saved();
  const later = await ana.create();
  await later.title.fill("Written last");
  await later.title.press("Enter");
  await later.append("once");
  await later.saved();
  const page = (await ana.open("/")).page;
  const row = page.getByRole("row", { name: /Written first/ });
  await row.locator("svg.spark .bars").waitFor();
  assert.match(await row.innerText(), /\d+ edits[\s\S]*1 author[\s\S]*now/);
  const titles = (await page.getByRole("table").getByRole("link").allInnerTexts()).map((title) => title.trim());
  assert.deepEqual(titles, ["Written last", "Written first"]);
});

const EXPORTED = [
  "# Notes & <plans>", "", "Some **bold**, *slanted*, ~~struck~~ `co<de>` and [a link](https://example.org/?a=1&b=2).",
  "[bad](javascript:alert(1)) <img src=x onerror=\"document.title='broken'\"> a note[^1]", "", "- [x] done", "- [ ] open",
  "  - inner", "", "3. third", "4. fourth", "", "> quoted", "> on", "", "| a | b |", "|---|--:|", "| 1 | 2 |", "",
  "```html", "<script>alert(1)</script>", "```", "", "<div onclick=\"x\">raw</div>", "", "![A picture](https://pictures.invalid/a.png)", "",
  "[^1]: The *note*.", "", "---", "", "שלום",
].join("\n");

story("what is shown in the past is exported as a web page that needs nothing and runs nothing", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.create();
  await tab.title.fill("Notes");
  await tab.title.press("Enter");
  await tab.editor.focus();
  await tab.page.keyboard.insertText(EXPORTED);
  await tab.saved();
  const then = await tab.last();
  await tab.append(" later words");
  await tab.saved();
  await tab.follow(`/d/${tab.id}?at=${then}`);
  await tab.standsAt(then);
  // By keys alone, from the palette.
  await tab.page.keyboard.press("Control+k");
  await tab.type("export as web");
  const [download] = await Promise.all([tab.page.waitForEvent("download"), tab.page.keyboard.press("Enter")]);
  assert.match(download.suggestedFilename(), new RegExp(`^Notes \\(\\d{4}-\\d\\d-\\d\\d .*edit ${then}\\)\\.html$`));
  const html = await readFile(await download.path(), "utf8");
  assert.doesNotMatch(html, /later words/);
  assert.doesNotMatch(html, /<script|<img|<div|onclick="|onerror="|href="javascript/i);
  const page = await ana.context.newPage();
  const asked = [];
  page.on("request", ({ url }) => asked.push(url));
  await page.setContent(html);
  assert.equal(await page.title(), "Notes");
  await page.getByText(/as it stood on \w+day .* \(edit \d+\)/).waitFor();
  assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "Notes & <plans>");
  for (const [tag, words] of [["strong", "bold"], ["em", "slanted"], ["del", "struck"], ["p code", "co<de>"], ["pre code", "<script>alert(1)</script>"]]) {
    assert.equal((await page.locator(`main ${tag}`).first().innerText()).trim(), words);
  }
  assert.equal(await page.getByRole("link", { name: "a link" }).getAttribute("href"), "https://example.org/?a=1&b=2");
  assert.equal(await page.getByRole("link", { name: "bad" }).count(), 0, "no address that runs");
  assert.equal(await page.getByRole("link", { name: "A picture" }).getAttribute("href"), "https://pictures.invalid/a.png");
  const body = await page.locator("main").innerText();
  assert.match(body, /<img src=x onerror=/, "HTML stands as text");
  assert.match(body, /<div onclick="x">raw<\/div>/);
  assert.deepEqual(await page.getByRole("checkbox").evaluateAll((all) => all.map((one) => one.checked)), [true, false]);
  assert.equal(await page.locator("li li").innerText(), "inner");
  assert.equal(await page.locator("ol[start='3'] > li").count(), 2);
  assert.equal((await page.locator("blockquote").innerText()).replace(/\s+/g, " ").trim(), "quoted on");
  assert.deepEqual(await page.getByRole("cell").allInnerTexts(), ["1", "2"]);
  assert.equal(await page.getByRole("cell", { name: "2" }).evaluate((cell) => cell.style.textAlign), "end");
  assert.equal(await page.locator(".notes li em").innerText(), "note");
  assert.equal(asked.length, 0, "nothing is fetched");
});

story("the banner names who else was there around then", async (stage) => {
  const { server, id } = await chronicled(stage);
  const tab = await (await stage.person(server, "Ana")).open(`/d/${id}`);
  await tab.saved();
  const banner = tab.page.getByRole("region", { name: "You are reading" });
  // Ana's and Jonas's words follow one another within minutes.
  const at = (await server.document(id)).revision - 70;
  await tab.follow(`/d/${id}?at=${at}`);
  await tab.standsAt(at);
  await until(async () => /Around then: .*(Ana|Jonas|Mira)/.test(await banner.innerText()), "who was there");
});
