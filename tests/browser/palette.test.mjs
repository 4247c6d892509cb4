// The palette, the slash menu and the sheet of keys: everything is found by its words and done
// with the keyboard alone.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

async function writing(stage, text = "", title = "") {
  const server = await stage.server();
  const tab = await (await stage.person(server, "Ana")).create();
  if (title) {
    await tab.title.fill(title);
    await tab.title.press("Enter");
  }
  await tab.editor.focus();
  await tab.page.keyboard.insertText(text);
  await tab.shows(text);
  return { server, tab, keys: tab.page.keyboard };
}

const box = (tab) => tab.page.getByRole("combobox", { name: "Go to or do anything" });
const chosen = (tab) => tab.page.locator('[role=option][aria-selected="true"]');

story("somebody opens another document by a word of its title", async (stage) => {
  const { tab, keys } = await writing(stage, "", "Release checklist");
  const other = await tab.person.create();
  await other.title.fill("On-call rota");
  await other.title.press("Enter");
  await other.saved();
  await other.page.keyboard.press("Control+k");
  await box(other).waitFor();
  await other.type("check rel");
  await until(async () => /Release checklist/.test(await chosen(other).innerText()), "it is chosen");
  await other.page.keyboard.press("Enter");
  await becomes(() => other.title.inputValue(), "Release checklist", "the title");
  assert.equal(other.id, tab.id);
  void keys;
});

story("somebody goes to a heading and makes the word there bold, all from the palette", async (stage) => {
  const { tab, keys } = await writing(stage, "# One\n\ntext\n\n## Rollback plan\n\nword");
  await keys.press("Control+k");
  await tab.type("rollb");
  await until(async () => /Rollback plan/.test(await chosen(tab).innerText()), "the heading");
  await keys.press("Enter");
  await becomes(
    () => tab.editor.evaluate((editor) => editor === document.activeElement),
    true,
    "the caret is in the text",
  );
  await keys.press("ArrowDown");
  await keys.press("ArrowDown");
  await keys.press("Control+k");
  await tab.type("bold");
  await until(async () => /^Bold/.test(await chosen(tab).innerText()), "the action");
  await keys.press("Enter");
  await tab.shows("# One\n\ntext\n\n## Rollback plan\n\n**word**");
});

story("what was done last comes first, Escape gives the caret back", async (stage) => {
  const { tab, keys } = await writing(stage, "line");
  await keys.press("Control+k");
  await tab.type("heading 2");
  await keys.press("Enter");
  await tab.shows("## line");
  await keys.press("Control+k");
  await until(async () => /^Heading 2/.test(await chosen(tab).innerText()), "it comes first");
  await keys.press("ArrowUp");
  await keys.press("ArrowDown");
  await until(async () => /^Heading 2/.test(await chosen(tab).innerText()), "around and back");
  // The very next keys are meant for the text, however fast they come.
  for (const sign of "!?.") {
    await keys.press("Escape");
    await box(tab).waitFor({ state: "detached" });
    await keys.press("End");
    await tab.type(sign);
    await keys.press("Control+k");
    await box(tab).waitFor();
  }
  await tab.shows("## line!?.");
});

story("the slash menu puts a task list in, and goes away when it is not meant", async (stage) => {
  const { tab, keys } = await writing(stage);
  await tab.type("/");
  const list = tab.page.getByRole("listbox", { name: "Insert" });
  await list.waitFor();
  assert.equal(await tab.editor.getAttribute("aria-controls"), await list.getAttribute("id"));
  await tab.type("todo");
  await becomes(() => list.getByRole("option").count(), 1, "what fits");
  await keys.press("Enter");
  await tab.type("read aloud");
  await tab.shows("- [ ] read aloud");
  await keys.press("Enter");
  await tab.type("either/or and /");
  await list.waitFor();
  await keys.press("Escape");
  await list.waitFor({ state: "detached" });
  await tab.shows("- [ ] read aloud\n- [ ] either/or and /");
  await keys.press("Enter");
  await keys.press("Enter");
  await tab.type("/");
  await list.waitFor();
  await keys.press("ArrowDown");
  assert.match(await chosen(tab).innerText(), /^Heading 2/);
  await keys.press("Enter");
  await tab.type("Next");
  await tab.shows("- [ ] read aloud\n- [ ] either/or and /\n## Next");
});

story("the sheet lists every key, and opens with a question mark outside of the text", async (stage) => {
  const { tab, keys } = await writing(stage, "a ");
  await tab.type("?");
  await tab.shows("a ?");
  await tab.timeline.focus();
  await keys.press("?");
  const sheet = tab.page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await sheet.waitFor();
  // What is in it is a part of the app of its own, and may come after the frame.
  await sheet.getByRole("heading", { name: "On the timeline" }).waitFor();
  const text = await sheet.innerText();
  for (const part of ["Bold", "Ctrl B", "Focus mode", "Outline", "On the timeline", "Page Up", "Tick the task"]) {
    assert.ok(text.includes(part), `the sheet names ${part}`);
  }
  await keys.press("Escape");
  await sheet.waitFor({ state: "hidden" });
});
