// Writing: marks are shown only where the caret is, keys format, pages are pasted as Markdown,
// words are found and replaced, the outline follows, and paper looks like a page.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { becomes, until, within } from "./waiting.mjs";

async function writing(stage, text = "", options = {}) {
  const server = await stage.server();
  const tab = await (await stage.person(server, "Ana", options)).create();
  await tab.editor.focus();
  if (text) {
    await tab.page.keyboard.insertText(text);
    await tab.shows(text);
  }
  return { server, tab, keys: tab.page.keyboard };
}

/** The text as one sees it. */
const seen = (tab) => tab.editor.evaluate((editor) => {
  const lines = [...editor.querySelectorAll(".cm-line")].map((line) => {
    const copy = line.cloneNode(true);
    for (const off of copy.querySelectorAll(".md-off")) off.remove();
    return copy.textContent;
  });
  return lines.join("\n");
});

/** Pastes with what other programs put beside the plain text. */
async function pasteHtml(tab, html, plain) {
  await tab.editor.evaluate((editor, [html, plain]) => {
    const data = new DataTransfer();
    data.setData("text/html", html);
    data.setData("text/plain", plain);
    editor.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, [html, plain]);
}

story("marks are shown where the caret is, and nowhere else", async (stage) => {
  const { tab, keys } = await writing(stage, "# Title\n\nsome **bold** and `code` and [a link](https://example.org)\n\nend");
  await becomes(() => seen(tab), "Title\n\nsome bold and code and a link\n\nend", "what is seen");
  for (let i = 0; i < 2; i++) await keys.press("ArrowUp");
  await keys.press("Home");
  for (let i = 0; i < 6; i++) await keys.press("ArrowRight");
  await becomes(() => seen(tab), "Title\n\nsome **bold** and code and a link\n\nend", "at the bold word");
  await keys.press("Control+Home");
  await becomes(() => seen(tab), "# Title\n\nsome bold and code and a link\n\nend", "at the heading");
});

story("a line of seventy thousand characters full of marks stops nobody, now or in the past", async (stage) => {
  const { tab } = await writing(stage);
  const drawn = () => tab.page.evaluate(() => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(() => done(true)));
  }));
  await tab.paste("word **bold** 😀 ".repeat(4_000));
  await tab.saved();
  await tab.type("!");
  await within(4_000, drawn(), "the page answers after a key");
  await tab.timelineKey("ArrowLeft");
  await until(() => tab.isPast(), "the past");
  await within(4_000, drawn(), "the page answers in the past");
  await tab.page.keyboard.press("Escape");
  await until(async () => !(await tab.isPast()), "the present");
});

story("what stands in HTML is text, and pictures wait to be asked for", async (stage) => {
  const { tab } = await writing(stage, "");
  const asked = [];
  tab.page.on("request", (request) => asked.push(request.url()));
  const address = "https://pictures.invalid/a.png";
  await tab.page.keyboard.insertText(`<img src=x onerror="document.title='broken'"> <b>raw</b>\n\n![A diagram](${address})\n\nend`);
  await tab.page.getByText("A diagram", { exact: true }).waitFor();
  assert.equal(await tab.editor.locator("img:not(.cm-widgetBuffer), b:not(.md-picture b)").count(), 0);
  assert.ok(!asked.some((url) => url.includes("pictures.invalid")));
  await tab.button("Show").click();
  await until(() => asked.some((url) => url === address), "the picture is asked for");
});

story("keys make words bold, lines headings and tasks, and take it back", async (stage) => {
  const { tab, keys } = await writing(stage, "one two");
  await keys.press("Control+b");
  await tab.shows("one **two**");
  await keys.press("Control+b");
  await tab.shows("one two");
  await keys.press("Control+Shift+ArrowLeft");
  await keys.press("Control+e");
  await tab.shows("one `two`");
  await keys.press("Control+Alt+2");
  await tab.shows("## one `two`");
  await keys.press("Control+Shift+Digit9");
  await tab.shows("- [ ] one `two`");
  await keys.press("Control+Enter");
  await tab.shows("- [x] one `two`");
  await keys.press("End");
  await tab.type("\nthree");
  await keys.press("Alt+ArrowUp");
  await tab.shows("- [ ] three\n- [x] one `two`");
  await keys.press("Tab");
  await tab.shows("  - [ ] three\n- [x] one `two`");
});

story("a wrapped line of a list begins where its text does", async (stage) => {
  const long = "words that go on ".repeat(20);
  const { tab } = await writing(stage, `- ${long}\n- [ ] ${long}\n  1. ${long}\n\nend`);
  const starts = () => tab.editor.evaluate((editor) =>
    [...editor.querySelectorAll(".md-set")].map((line) => {
      const words = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
      let last;
      while (words.nextNode()) if (words.currentNode.data.length > 50) last = words.currentNode;
      const range = document.createRange();
      range.selectNodeContents(last);
      const lefts = [...range.getClientRects()].map((rect) => Math.round(rect.left));
      return Math.max(...lefts) - Math.min(...lefts);
    }));
  await until(async () => (await starts()).length === 3, "three items");
  for (const apart of await starts()) assert.ok(apart <= 2, `the lines are ${apart} pixels apart`);
});

story("a page that is pasted becomes Markdown; plain text stays what it is", async (stage) => {
  const { tab, keys } = await writing(stage);
  const html = `<h2>Plan</h2><p>Some <b>bold</b>, <i>slanted</i> and <a href="https://example.org/a">linked</a>
    words<script>document.title = "broken"</script>.</p><ul><li>one<ol><li>inner</li></ol></li><li>two</li></ul>
    <table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2|3</td></tr></table><pre><code class="language-js">let a = 1;
</code></pre><blockquote><p>said</p></blockquote><a href="javascript:alert(1)">not a link</a><img src="x" onerror="alert(1)">`;
  await pasteHtml(tab, html, "plain");
  await tab.shows(
    "## Plan\n\nSome **bold**, *slanted* and [linked](https://example.org/a) words.\n\n- one\n  1. inner\n- two\n\n" +
      "| A | B |\n| --- | --- |\n| 1 | 2\\|3 |\n\n```js\nlet a = 1;\n```\n\n> said\n\nnot a link",
  );
  await keys.press("Control+A");
  await keys.press("Delete");
  await tab.page.evaluate(async () => {
    const part = (type, text) => new Blob([text], { type });
    const kinds = { "text/html": part("text/html", "<b>plain</b>"), "text/plain": part("text/plain", "plain") };
    await navigator.clipboard.write([new ClipboardItem(kinds)]);
  });
  await keys.press("Control+V");
  await tab.shows("**plain**");
  await keys.press("Control+A");
  await keys.press("Control+Shift+V");
  await tab.shows("plain");
});

story("an address pasted over words makes a link of them", async (stage) => {
  const { tab, keys } = await writing(stage, "see the rota");
  await keys.press("Control+Shift+ArrowLeft");
  await tab.paste("https://example.org/rota");
  await tab.shows("see the [rota](https://example.org/rota)");
});

story("a Markdown file dropped into the text is inserted there", async (stage) => {
  const { tab } = await writing(stage, "before\n\nafter");
  await tab.editor.evaluate((editor) => {
    const data = new DataTransfer();
    data.items.add(new File(["# Dropped\r\nline\r\n"], "note.md", { type: "text/markdown" }));
    const line = editor.querySelectorAll(".cm-line")[1].getBoundingClientRect();
    const at = { clientX: line.left + 2, clientY: line.top + 8, dataTransfer: data, bubbles: true, cancelable: true };
    editor.dispatchEvent(new DragEvent("drop", at));
  });
  await tab.shows("before\n# Dropped\nline\n\nafter");
});

story("words are found and all replaced in one edit that undo takes back", async (stage) => {
  const { server, tab, keys } = await writing(stage, "cat Cat concatenate\n".repeat(5).trim());
  await tab.saved();
  const before = await tab.last();
  await keys.press("Control+Home");
  await keys.press("Control+f");
  await tab.type("cat");
  const panel = tab.page.getByRole("search", { name: "Find and replace" });
  const count = panel.locator("output");
  await becomes(() => count.innerText(), "1 of 15", "the count");
  await keys.press("Enter");
  await becomes(() => count.innerText(), "2 of 15", "the next place");
  await panel.getByRole("button", { name: "Whole words" }).click();
  await panel.getByRole("button", { name: "Match case" }).click();
  await until(async () => / of 5$|^5 places$/.test(await count.innerText()), "whole words");
  await panel.getByRole("textbox", { name: "Replace with" }).fill("dog");
  await panel.getByRole("button", { name: "Replace all", exact: true }).click();
  const replaced = "dog Cat concatenate\n".repeat(5).trim();
  await tab.shows(replaced);
  await tab.saved();
  assert.equal(await tab.last(), before + 1, "one edit");
  assert.equal(await server.text(tab.id), replaced);
  await keys.press("Escape");
  await panel.waitFor({ state: "detached" });
  await keys.press("Control+z");
  await tab.shows("cat Cat concatenate\n".repeat(5).trim());
});

story("the text of the past can be searched, and not replaced", async (stage) => {
  const { tab, keys } = await writing(stage, "needle and hay");
  await tab.saved();
  await tab.append(" and more");
  await tab.saved();
  await tab.timelineKey("ArrowLeft");
  await until(() => tab.isPast(), "the past");
  await keys.press("Control+f");
  await tab.type("needle");
  const panel = tab.page.getByRole("search", { name: "Find and replace" });
  await becomes(() => panel.locator("output").innerText(), "1 of 1", "the count");
  assert.equal(await panel.getByRole("textbox", { name: "Replace with" }).count(), 0);
});

story("the outline marks where one reads and goes where it is asked, by keys alone", async (stage) => {
  const sections = Array.from({ length: 12 }, (_, n) => `## Part ${n + 1}\n\n${"line\n".repeat(12)}`);
  const { tab, keys } = await writing(stage, sections.join("\n"));
  await keys.press("Control+Shift+o");
  const panel = tab.page.getByRole("complementary", { name: "Outline" });
  const here = () => panel.locator("[aria-current]").innerText();
  await becomes(here, "Part 12", "where the caret is");
  await keys.press("Control+Home");
  await becomes(here, "Part 1", "where the caret went");
  await panel.getByRole("button", { name: "Part 1", exact: true }).focus();
  for (let i = 0; i < 4; i++) await keys.press("ArrowDown");
  await keys.press("Enter");
  await becomes(here, "Part 5", "what was chosen");
  await tab.editor.hover();
  await tab.page.mouse.wheel(0, 100_000);
  await becomes(here, "Part 12", "what was scrolled to");
});

story("words are counted, of the selection when there is one", async (stage) => {
  const { tab, keys } = await writing(stage, "one two three\n\n日本語");
  const count = tab.page.locator(".count > button");
  await becomes(() => count.innerText(), "6 words", "the count");
  await keys.press("Control+Home");
  await keys.press("Shift+End");
  await becomes(() => count.innerText(), "3 of 6 words", "of the selection");
  await count.click();
  await until(async () => /Characters\s+13/.test(await tab.page.locator(".count dl").innerText()), "more");
});

story("focus mode leaves the paragraph, Escape brings everything back", async (stage) => {
  const { tab, keys } = await writing(stage, "first paragraph\n\nsecond\nparagraph");
  await keys.press("F8");
  await tab.page.getByRole("button", { name: "Leave focus mode" }).waitFor();
  assert.equal(await tab.page.locator(".side").isVisible(), false);
  assert.equal(await tab.editor.locator(".md-here").count(), 2);
  await keys.press("Escape");
  await tab.page.getByRole("button", { name: "Leave focus mode" }).waitFor({ state: "detached" });
  assert.equal(await tab.page.locator(".side").isVisible(), true);
});

story("a footnote is made, and one goes there and back", async (stage) => {
  const { tab, keys } = await writing(stage, "A claim");
  await keys.press("Control+k");
  await tab.type("footnote");
  await keys.press("Enter");
  await tab.shows("A claim[^1]\n\n[^1]: ");
  await tab.type("its source");
  await keys.press("Home");
  await keys.press("Alt+Enter");
  await tab.type("!");
  await tab.shows("A claim[^1]!\n\n[^1]: its source");
});

story("a link says where it leads and is opened only if that is safe", async (stage) => {
  const { tab, keys } = await writing(stage, "[good](https://example.invalid/x) [bad](javascript:alert(1))");
  await keys.press("Home");
  await keys.press("ArrowRight");
  const group = tab.page.getByRole("group", { name: "Link" });
  await group.getByRole("button", { name: "Open" }).waitFor();
  assert.match(await group.innerText(), /https:\/\/example\.invalid\/x/);
  const opened = tab.person.context.waitForEvent("page");
  await keys.press("Alt+Enter");
  await (await opened).close();
  await keys.press("End");
  await keys.press("ArrowLeft");
  await until(async () => /cannot be opened/.test(await group.innerText()), "why it is not opened");
  assert.equal(await group.getByRole("button", { name: "Open" }).count(), 0);
});

story("a table lines its cells up, and Tab goes from one to the next", async (stage) => {
  const { tab, keys } = await writing(stage, "| Name | Role |\n| --- | --- |\n| Ana | writes |\n");
  const lefts = () => tab.editor.evaluate((editor) =>
    [...editor.querySelectorAll(".md-row:not(.md-dashes)")].map((row) =>
      Math.round(row.querySelectorAll(".md-cell")[1].getBoundingClientRect().left)));
  await until(async () => new Set(await lefts()).size === 1, "the second cells stand under one another");
  await keys.press("Control+Home");
  await keys.press("Tab");
  await tab.type("Task");
  await keys.press("Tab");
  await keys.press("Tab");
  await tab.type("reads");
  await keys.press("Tab");
  await tab.type("Jonas");
  await tab.shows("| Name | Task |\n| --- | --- |\n| Ana | reads |\n| Jonas  |   |\n");
});

story("right-to-left lines run from the right, their lists and quotations too", async (stage) => {
  const { tab } = await writing(stage, "שלום עולם\n- פריט\n> ציטוט\nplain");
  const directions = await tab.editor.evaluate((editor) =>
    [...editor.querySelectorAll(".cm-line")].map((line) => getComputedStyle(line).direction));
  assert.deepEqual(directions, ["rtl", "rtl", "rtl", "ltr"]);
});

story("on paper there is the text alone, with addresses, and all of it", async (stage) => {
  const body = Array.from({ length: 150 }, (_, n) => `Paragraph ${n} of a long text.`).join("\n\n");
  const { tab } = await writing(stage, `# Printed\n\n[a link](https://example.org)\n\n${body}`);
  const pdf = await tab.page.pdf({ format: "A4" });
  const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
  assert.ok(pages >= 4 && pages < 20, `${pages} pages`);
  await tab.page.emulateMedia({ media: "print" });
  for (const hidden of [".side", ".bar", ".time", ".count"]) {
    assert.equal(await tab.page.locator(hidden).first().isVisible(), false, hidden);
  }
});

story("the past hides its marks too, but for those that an edit made", async (stage) => {
  const { tab } = await writing(stage, "# Title\n\na **bold** word");
  await tab.saved();
  for (const part of [" more", " *slanted*", " end"]) {
    await tab.append(part);
    await tab.saved();
  }
  await tab.timelineKey("ArrowLeft");
  await until(() => tab.isPast(), "the past");
  await becomes(() => seen(tab), "Title\n\na bold word more *slanted*", "the edit that slanted");
  await tab.timelineKey("ArrowLeft");
  await becomes(() => seen(tab), "Title\n\na bold word more", "the edit before");
});
