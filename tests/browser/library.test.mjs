// The library: documents are made, found, renamed, put away and brought back, by mouse and by
// keyboard, and what one person does the others see.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

/** The library's rows: the links in its table, by their titles. */
function rows(page) {
  return page.getByRole("table").getByRole("link");
}

async function titles(page) {
  return (await rows(page).allInnerTexts()).map((title) => title.trim());
}

async function makeDocument(person, title) {
  const tab = await person.create();
  await tab.title.fill(title);
  await tab.title.press("Enter");
  await tab.saved();
  return tab;
}

/** Chooses an action of a document in the library. */
async function act(page, title, action) {
  await page.getByRole("button", { name: `More: ${title}`, exact: true }).click();
  await page.getByRole("menuitem", { name: action }).click();
}

story("documents are made, listed, opened and searched by title", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  for (const title of ["Release checklist", "On-call rota", "Hiring plan"]) {
    await (await makeDocument(ana, title)).page.close();
  }
  const { page } = await ana.open("/");
  const all = async () => (await titles(page)).sort().join();
  await becomes(all, "Hiring plan,On-call rota,Release checklist", "the library");
  const search = page.getByRole("searchbox", { name: "Find a document" }).last();
  await search.fill("LIST release");
  await becomes(all, "Release checklist", "what the search finds");
  await search.fill("nothing like this");
  await until(() => page.getByText("No title contains these words.").first().isVisible(), "the words for nothing");
  await search.fill("");
  await becomes(all, "Hiring plan,On-call rota,Release checklist", "the library again");
  await rows(page).filter({ hasText: "Hiring plan" }).click();
  await page.getByRole("textbox", { name: "Document text", exact: true }).waitFor();
  assert.match(page.url(), /\/d\/[0-9a-f-]{36}$/);
  await becomes(() => page.title(), "Hiring plan · Palimpsest", "the title of the page");
});

story("a document is renamed in its header and in the library, and others see it", async (stage) => {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  const a = await makeDocument(ana, "First name");
  const b = await jonas.open(`/d/${a.id}`);
  await becomes(() => b.title.inputValue(), "First name", "the title that Jonas sees");
  await b.title.fill("Second name");
  await b.title.press("Enter");
  await becomes(() => a.title.inputValue(), "Second name", "the title that Ana sees");
  await b.saved();
  const { page } = await ana.open("/");
  await rows(page).filter({ hasText: "Second name" }).waitFor();
  await act(page, "Second name", "Rename");
  const field = page.getByRole("dialog").getByRole("textbox", { name: "Title" });
  await field.fill("Third name");
  await field.press("Enter");
  await rows(page).filter({ hasText: "Third name" }).waitFor();
  await becomes(() => a.title.inputValue(), "Third name", "the title in the open document");
  await becomes(() => b.title.inputValue(), "Third name", "the title that Jonas sees");
  await until(async () => (await server.document(a.id)).title === "Third name", "the server's title");
});

story("a document that nobody gave a title is called by what its text begins with", async (stage) => {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  const tab = await ana.create();
  const called = (tab) => tab.title.getAttribute("placeholder");
  assert.equal(await called(tab), "Untitled");
  await tab.append("Notes of today");
  await becomes(() => called(tab), "Notes of today", "the first line");
  await tab.saved();
  const early = await tab.last();
  await tab.caret(0);
  await tab.page.keyboard.insertText("# The *new* plan\n\n");
  await becomes(() => called(tab), "The new plan", "the first heading");
  await becomes(() => tab.page.title(), "The new plan · Palimpsest", "the title of the page");
  assert.equal(await tab.title.inputValue(), "", "nobody gave it a title");
  await tab.saved();
  const download = tab.page.waitForEvent("download");
  await tab.button("More").click();
  await tab.page.getByRole("menuitem", { name: "Export as Markdown" }).click();
  assert.equal((await download).suggestedFilename(), "The new plan.md");

  // In the library, the list beside it and the palette: of this device, and of another one.
  const { page } = await ana.open("/");
  await rows(page).filter({ hasText: "The new plan" }).waitFor();
  await page.getByRole("complementary").getByRole("link", { name: "The new plan" }).waitFor();
  await page.keyboard.press("Control+K");
  await page.getByRole("option", { name: /The new plan/ }).waitFor();
  await page.keyboard.press("Escape");
  await until(async () => (await server.document(tab.id)).name === "The new plan", "the server's name");
  await rows((await jonas.open("/")).page).filter({ hasText: "The new plan" }).waitFor();

  // What it was called then.
  await tab.follow(`/d/${tab.id}?at=${early}`);
  await tab.standsAt(early);
  await becomes(() => called(tab), "Notes of today", "what it was called then");
  await tab.page.keyboard.press("Escape");
  await becomes(() => called(tab), "The new plan", "what it is called now");

  // A title wins for good, and until it is taken away.
  await tab.title.fill("Given");
  await tab.title.press("Enter");
  await becomes(() => tab.page.title(), "Given · Palimpsest", "the title that was given");
  await tab.caret(2);
  await tab.type("All of ");
  await tab.saved();
  assert.equal(await tab.page.title(), "Given · Palimpsest");
  await rows(page).filter({ hasText: "Given" }).waitFor();
  await tab.title.fill("");
  await tab.title.press("Enter");
  await becomes(() => tab.page.title(), "All of The new plan · Palimpsest", "the heading again");
  await rows(page).filter({ hasText: "All of The new plan" }).waitFor();
  await tab.saved();
});

story("a document is put away and brought back", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  await (await makeDocument(ana, "Keep me")).page.close();
  const tab = await makeDocument(ana, "Put me away");
  await tab.append("still all here");
  await tab.saved();
  const { page } = await ana.open("/");
  await rows(page).filter({ hasText: "Put me away" }).waitFor();
  await act(page, "Put me away", "Archive");
  const put = page.getByText("Archived (1)");
  await put.waitFor();
  const shown = async () => (await titles(page)).join();
  await becomes(shown, "Keep me", "the library without it");
  await put.click();
  await act(page, "Put me away", "Bring back");
  await put.waitFor({ state: "hidden" });
  await until(async () => (await titles(page)).length === 2, "both are in the library");
  await tab.reload();
  await tab.shows("still all here", "the text after all this");
});

story("an open menu stays while its document goes on", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await makeDocument(ana, "Goes on");
  const { page } = await ana.open("/");
  const row = page.getByRole("row").filter({ hasText: "Goes on" });
  const edits = async () => Number.parseInt(await row.locator("td.edits").innerText(), 10);
  const all = async () => (await server.document(tab.id)).revision;
  const before = await all();
  await becomes(edits, before, "how many edits there are");
  await page.getByRole("button", { name: "More: Goes on", exact: true }).click();
  const item = page.getByRole("menuitem", { name: "Rename" });
  await item.waitFor();
  // Kept by the element itself: one that was drawn anew would not have it.
  await item.evaluate((element) => (element.dataset.seen = "yes"));
  await tab.append("more words");
  await tab.saved();
  const after = await all();
  assert.ok(after > before, "there are more edits");
  await becomes(edits, after, "the row tells of the new edits");
  assert.equal(await item.getAttribute("data-seen", { timeout: 1000 }), "yes");
});

story("an archived document says so where it is open, and can be brought back there", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await makeDocument(ana, "Put away while open");
  const more = () => tab.button("More").click();
  await more();
  await tab.page.getByRole("menuitem", { name: "Archive" }).click();
  await tab.saved();
  await until(async () => (await server.document(tab.id)).archived === true, "the server knows");
  await more();
  await tab.page.getByRole("menuitem", { name: "Bring back" }).click();
  await until(async () => (await server.document(tab.id)).archived === false, "it is back");
});

story("everything in the library is within reach of the keyboard", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  await (await makeDocument(ana, "Reached by keys")).page.close();
  const { page } = await ana.open("/");
  await rows(page).first().waitFor();
  const focused = () => page.evaluate(() => {
    const element = document.activeElement;
    return element.getAttribute("aria-label") ?? element.innerText ?? "";
  });
  const reach = async (name) => {
    for (let i = 0; i < 40 && !name.test(await focused()); i++) await page.keyboard.press("Tab");
    assert.match(await focused(), name);
  };
  await reach(/^Find a document$/);
  await page.keyboard.type("reached");
  await reach(/^More: Reached by keys/);
  await page.keyboard.press("Enter");
  await until(async () => /^Rename/.test(await focused()), "the first action has the focus");
  await page.keyboard.press("Escape");
  await reach(/^Reached by keys/);
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Document text", exact: true }).waitFor();
});

story("a document that somebody makes is found by others when they look", async (stage) => {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  await makeDocument(ana, "Made by Ana");
  const { page } = await jonas.open("/");
  await rows(page).filter({ hasText: "Made by Ana" }).waitFor();
  const later = await makeDocument(ana, "Renamed later");
  await page.reload();
  await rows(page).filter({ hasText: "Renamed later" }).click();
  assert.equal(later.id, /\/d\/(.+)$/.exec(page.url())?.[1]);
});

story("a document that was never opened here is in its folder and shows how much was written in it", async (stage) => {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  const tab = await makeDocument(ana, "Made by Ana");
  await tab.append("a first line");
  await tab.saved();
  await tab.append(", and a second one");
  await tab.saved();
  const mine = (await ana.open("/")).page;
  await rows(mine).filter({ hasText: "Made by Ana" }).waitFor();
  await act(mine, "Made by Ana", "Move to a folder");
  await mine.getByRole("dialog").getByRole("combobox").or(mine.getByRole("dialog").getByRole("textbox")).fill("Team/Rotas");
  await mine.getByRole("dialog").getByRole("button", { name: "Move" }).click();
  await until(async () => (await server.document(tab.id)).folder === "Team/Rotas", "the server knows the folder");
  await makeDocument(ana, "Nothing in it");
  const { page } = await jonas.open("/");
  const row = (title) => page.getByRole("row").filter({ hasText: title });
  await row("Made by Ana").getByText("Team/Rotas").waitFor();
  await page.getByRole("group", { name: "Folders" }).getByRole("button", { name: "Team/Rotas" }).waitFor();
  await page.getByRole("complementary").getByRole("heading", { name: "Team/Rotas" }).waitFor();
  const bars = (title) => row(title).locator("svg.spark .bars").getAttribute("d");
  assert.match(await bars("Made by Ana"), /^M.*z$/, "what was written there");
  assert.equal(await bars("Nothing in it"), "", "nothing was written there");
  const lefts = await page.locator("svg.spark .ground").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
  assert.equal(lefts.length, 2);
  assert.equal(lefts[0], lefts[1], "the rows line up");
});
