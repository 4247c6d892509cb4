// Writing by hand: the caret stands where the next letter comes, Markdown lists go on by
// themselves, tasks are ticked, and nothing of this leaves the document's text behind.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

const SAMPLE = "# A heading\n\nplain words\n\n- [ ] a task\n\n> a quote";

async function writing(stage, text, options) {
  const server = await stage.server();
  const tab = await (await stage.person(server, "Ana", options)).create();
  await tab.editor.focus();
  await tab.page.keyboard.insertText(text);
  await tab.shows(text);
  return { server, tab };
}

for (const width of [1440, 900, 390]) {
  story(`the caret stands where the next letter comes, ${width} pixels wide`, async (stage) => {
    const { tab } = await writing(stage, SAMPLE, { viewport: { width, height: 700 } });
    await tab.page.keyboard.press("Control+Home");
    // The browser's own caret is hidden; the one that is drawn must be in its place.
    const apart = () =>
      tab.editor.evaluate((editor) => {
        const drawn = editor.parentElement.querySelector(".cm-cursor-primary");
        const { startContainer, startOffset } = getSelection().getRangeAt(0);
        const range = new Range();
        range.setStart(startContainer, startOffset);
        const place = range.getBoundingClientRect();
        // An empty line or a drawn box has no place of its own in the text.
        if (!drawn || place.height === 0) return 0;
        return Math.round(Math.abs(drawn.getBoundingClientRect().left - place.left));
      });
    for (let i = 0; i < SAMPLE.length; i++) {
      await until(async () => (await apart()) <= 2, `the caret at ${i} is in its place`);
      await tab.page.keyboard.press("ArrowRight");
    }
  });
}

story("a list goes on by itself and ends with an empty item", async (stage) => {
  const { tab } = await writing(stage, "- one");
  await tab.type("\ntwo\n\nafter");
  await tab.shows("- one\n- two\nafter");
});

story("a task is ticked by a click, as an edit of its text", async (stage) => {
  const { server, tab } = await writing(stage, "- [ ] read aloud\n- [x] translated");
  const boxes = tab.page.getByRole("checkbox");
  await becomes(() => boxes.count(), 2, "the tasks");
  await boxes.first().click();
  await tab.shows("- [x] read aloud\n- [x] translated");
  await tab.saved();
  assert.equal(await server.text(tab.id), "- [x] read aloud\n- [x] translated");
  await tab.editor.focus();
  await tab.page.keyboard.press("Control+Z");
  await tab.shows("- [ ] read aloud\n- [x] translated");
});

story("the text can be searched", async (stage) => {
  const { tab } = await writing(stage, "one needle in much hay, another needle");
  await tab.page.keyboard.press("Control+F");
  await tab.page.getByRole("textbox", { name: "Find" }).press("n");
  await tab.type("eedle");
  await becomes(
    () => tab.editor.locator(".cm-searchMatch").count(),
    2,
    "the places that are found",
  );
});
