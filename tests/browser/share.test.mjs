// Links: an owner gives them, people do with a document what theirs allows and no more, and what
// was given is taken back. On a server that lets nobody in without one.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";
import { Walk } from "./walk.mjs";

const TEXT = "The rota for December.";

/** A server with links, its first owner, and a document of theirs. */
async function shared(stage) {
  const server = await stage.server("links");
  const ana = await stage.person(server, "Ana");
  const first = new URL(server.first);
  const library = await ana.open(first.pathname + first.hash);
  await until(() => new URL(library.page.url()).hash === "", "the key is off the address");
  await library.create();
  await library.append(TEXT);
  await library.saved();
  return { server, ana, tab: library };
}

/** Makes a link in the dialog and returns its path with the key. */
async function makeLink(tab, choices) {
  await tab.button("Share").click();
  const form = tab.page.getByRole("form", { name: "New link" });
  await form.waitFor();
  for (const [name, value] of Object.entries(choices)) {
    const field = form.getByLabel(name, { exact: true });
    if (name === "Name of the link") await field.fill(value);
    else await field.selectOption({ label: value });
  }
  await form.getByRole("button", { name: "Make link" }).click();
  const field = tab.page.getByRole("textbox", { name: "New link", exact: true });
  await field.waitFor();
  const link = new URL(await field.inputValue());
  await tab.page.keyboard.press("Escape");
  assert.match(link.hash, /^#key=[0-9a-f]{40}$/);
  return link.pathname + link.hash;
}

/** Takes the link of this name back. */
async function takeBack(tab, label) {
  await tab.button("Share").click();
  await tab.button(`Take back: ${label}`).click();
  await tab.button(`Take back: ${label}`).waitFor({ state: "detached" });
  await tab.page.keyboard.press("Escape");
}

function note(tab, words) {
  return tab.page.getByRole("status").filter({ hasText: words }).waitFor();
}

story("a link to read shows every word as it is written, and takes none", async (stage) => {
  const { server, tab } = await shared(stage);
  const link = await makeLink(tab, { "Name of the link": "For reading", "Whoever has it": "can read" });
  const jonas = await stage.person(server, "Jonas");
  const reader = await jonas.open(link);
  await reader.shows(TEXT);
  await note(reader, "You can read this document");
  assert.equal(await reader.editor.getAttribute("aria-readonly"), "true");
  await reader.editor.click();
  await reader.page.keyboard.type("mine ");
  await tab.append(" Ana, then Mia.");
  await reader.shows(`${TEXT} Ana, then Mia.`);
  await tab.saved();
  assert.equal(await server.text(tab.id), `${TEXT} Ana, then Mia.`);

  // Its history as well, and on the next visit without the key.
  await reader.timeline.waitFor();
  await reader.go(`/d/${tab.id}`);
  await reader.shows(`${TEXT} Ana, then Mia.`);

  await takeBack(tab, "For reading");
  await until(async () => /No access/.test(await reader.status.textContent()), "the reader is told");
  await note(reader, "does not let you in");
  await tab.append(" Secret.");
  await tab.saved();
  assert.equal(await reader.text(), `${TEXT} Ana, then Mia.`, "nothing new arrives");
});

story("edits made offline after a link was taken back stay with the person as a draft", async (stage) => {
  const { server, tab } = await shared(stage);
  const link = await makeLink(tab, { "Name of the link": "For Mia", "Whoever has it": "can edit" });
  const mia = await stage.person(server, "Mia");
  const editor = await mia.open(link);
  await editor.shows(TEXT);
  await editor.append(" Mia on Monday.");
  await editor.saved();
  await tab.shows(`${TEXT} Mia on Monday.`);
  await editor.readyForOffline();

  await mia.unplug();
  // At once: key by key it is two edits where the machine pauses between two of them.
  await editor.caret();
  await editor.page.keyboard.insertText(" And on Tuesday.");
  await editor.onDevice();
  await takeBack(tab, "For Mia");
  await mia.plug();
  await until(
    async () => /Only on this device · 1 edit/.test(await editor.status.textContent()),
    "the draft is told of",
  );
  const draft = `${TEXT} Mia on Monday. And on Tuesday.`;
  assert.equal(await editor.text(), draft);
  assert.equal(await server.text(tab.id), `${TEXT} Mia on Monday.`, "the server did not take it");
  await editor.reload();
  await editor.shows(draft, "the draft after a reload");
  await editor.button("Keep as a new document").click();
  await until(() => editor.id && editor.id !== tab.id, "the copy opens");
  await editor.shows(draft, "the copy has the draft");
});

story("a link to comment lets people comment, and a link to the present shows no past", async (stage) => {
  const { server, tab } = await shared(stage);
  await tab.append(" First version.");
  await tab.saved();
  const comment = await makeLink(tab, { "Name of the link": "For comments", "Whoever has it": "can comment" });
  const jonas = await stage.person(server, "Jonas");
  const commenter = await jonas.open(comment);
  await commenter.shows(`${TEXT} First version.`);
  await note(commenter, "You can comment");
  await commenter.editor.click();
  await commenter.page.keyboard.press("Control+a");
  await commenter.page.keyboard.type("gone");
  assert.equal(await commenter.text(), `${TEXT} First version.`);

  const present = await makeLink(tab, {
    "Name of the link": "For the wall", "Whoever has it": "can read", "They see": "only the text as it is",
  });
  const mia = await stage.person(server, "Mia");
  const page = await mia.context.newPage();
  await page.goto(present);
  await page.getByText("Its history is not shown").waitFor();
  const shown = () => page.locator(".cm-content").textContent();
  await becomes(shown, `${TEXT} First version.`, "the text as it is");
  assert.equal(await page.getByRole("slider", { name: "Timeline" }).count(), 0);
  await tab.append(" Second.");
  await becomes(shown, `${TEXT} First version. Second.`, "the text as it is by now");
  const key = present.split("#key=")[1];
  const ask = (path) => fetch(`${server.address}/api/v1/documents/${tab.id}${path}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  assert.equal((await ask("/text")).status, 200);
  for (const path of ["/events", "/text?at_revision=1", "/versions", "/diff", "/links"]) {
    assert.equal((await ask(path)).status, 403, path);
  }
});

story("without a link nothing is shown, and the page says what to do", async (stage) => {
  const { server, tab } = await shared(stage);
  const stranger = await stage.person(server, "Mallory");
  const page = await stranger.context.newPage();
  await page.goto(`/d/${tab.id}`);
  await page.getByRole("heading", { name: "You have no access to this document" }).waitFor();
  assert.ok(!(await page.content()).includes("rota"));
  await page.goto("/");
  await page.getByRole("heading", { name: "Documents", exact: true }).waitFor();
  assert.ok(!(await page.content()).includes("rota"));
  // Pasting a link into the address of the open page is enough.
  const link = await makeLink(tab, { "Name of the link": "Late", "Whoever has it": "can read" });
  await page.goto(`/d/${tab.id}`);
  await page.getByRole("heading", { name: "You have no access to this document" }).waitFor();
  await page.evaluate((hash) => { location.hash = hash; }, `#${link.split("#")[1]}`);
  await page.getByRole("textbox", { name: "Document text", exact: true }).filter({ hasText: "rota" }).waitFor();
});

story("a link to the library opens every document, and its holder makes more", async (stage) => {
  const { server, tab } = await shared(stage);
  const { id } = tab;
  await tab.page.getByRole("link", { name: "Palimpsest" }).first().click();
  await tab.button("More").click();
  await tab.page.getByRole("menuitem", { name: "Share every document" }).click();
  const form = tab.page.getByRole("form", { name: "New link" });
  await form.getByLabel("Name of the link", { exact: true }).fill("The team");
  await form.getByRole("button", { name: "Make link" }).click();
  const field = tab.page.getByRole("textbox", { name: "New link", exact: true });
  await field.waitFor();
  const link = new URL(await field.inputValue());
  await tab.page.keyboard.press("Escape");

  const jonas = await stage.person(server, "Jonas");
  await until(async () => (await server.document(id)).name === TEXT, "the server has read what it begins with");
  const library = await jonas.open(link.pathname + link.hash);
  await library.page.getByRole("row").filter({ hasText: TEXT }).waitFor();
  await library.create();
  await library.append("Written by Jonas.");
  await library.saved();
  assert.equal(await server.text(library.id), "Written by Jonas.");
  await library.button("Share").click();
  await library.page.getByText("Only an owner can make links").waitFor();
});

story("what is said about links keeps to WCAG 2.2 AA, and is done by keys alone", async (stage) => {
  const { server, tab } = await shared(stage);
  const { page } = tab;
  const walk = new Walk(page);
  await tab.button("Share").focus();
  await page.keyboard.press("Enter");
  const name = page.getByLabel("Name of the link", { exact: true });
  await name.waitFor();
  await walk.look("the dialog: share, with links");
  await name.focus();
  await page.keyboard.type("By keys");
  await page.keyboard.press("Tab");
  await page.keyboard.type("can read");
  await page.keyboard.press("Tab");
  await page.keyboard.type("only");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const field = page.getByRole("textbox", { name: "New link", exact: true });
  await field.waitFor();
  await walk.look("a link that was made");
  const link = new URL(await field.inputValue());
  await tab.button("Take back: By keys").waitFor();
  await page.keyboard.press("Escape");
  walk.end();

  const jonas = await stage.person(server, "Jonas");
  const present = await jonas.context.newPage();
  const second = new Walk(present);
  await present.goto(link.pathname + link.hash);
  await present.getByText("Its history is not shown").waitFor();
  await second.look("the present only");
  await tab.button("Share").click();
  await tab.button("Take back: By keys").focus();
  await page.keyboard.press("Enter");
  await tab.button("Take back: By keys").waitFor({ state: "detached" });
  await present.reload();
  await present.getByRole("heading", { name: "You have no access to this document" }).waitFor();
  await second.look("no access");
  second.end();
});
