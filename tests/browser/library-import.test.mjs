// Files into the library and out of it: Markdown and whole folders by drag and by button, one
// document or all of them taken out, with or without history, and folders to keep them in.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

const run = promisify(execFile);

function rows(page) {
  return page.getByRole("table").getByRole("link");
}

async function titles(page) {
  return (await rows(page).allInnerTexts()).map((title) => title.trim()).sort().join();
}

async function folder(stage, files) {
  const root = await mkdtemp(join(tmpdir(), "palimpsest-files-"));
  stage.atEnd(() => rm(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

async function choose(page, item, paths) {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "More", exact: true }).first().click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
  await (await chooser).setFiles(paths);
}

async function act(page, title, action) {
  await page.getByRole("button", { name: `More: ${title}`, exact: true }).click();
  await page.getByRole("menuitem", { name: action, exact: true }).click();
}

/** What the browser saves while something is done. */
async function saved(page, doing) {
  const download = page.waitForEvent("download");
  await doing();
  const file = await download;
  return { name: file.suggestedFilename(), path: await file.path() };
}

story("a person imports Markdown files, and is told which could not be", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const { page } = await ana.open("/");
  await page.getByText("Drop Markdown files or folders to import them.").waitFor();
  const root = await folder(stage, {
    "Plan.md": "\ufeff# Plan\r\n\r\nFirst this.\r\nThen that. 👩‍👩‍👧\r\n",
    "old.txt": Buffer.from([0x47, 0x72, 0xf6, 0xdf, 0x65]),
    "picture.png": Buffer.from([1, 2, 3]),
  });
  await choose(page, "Import files", ["Plan.md", "old.txt", "picture.png"].map((name) => join(root, name)));
  const dialog = page.getByRole("dialog", { name: "Not everything was imported" });
  await dialog.getByText("old.txt: it is not text in UTF-8").waitFor();
  await page.keyboard.press("Escape");
  await becomes(() => titles(page), "Plan", "the library");
  await rows(page).first().click();
  const tab = ana.context.pages().at(-1);
  const text = tab.getByRole("textbox", { name: "Document text", exact: true });
  await text.waitFor();
  const shown = await text.evaluate((element) => globalThis.palimpsestEditor.textOf(element));
  assert.equal(shown, "# Plan\n\nFirst this.\nThen that. 👩‍👩‍👧\n");
  const id = /\/d\/(.+)$/.exec(page.url())[1];
  await until(async () => (await server.text(id).catch(() => "")) === shown, "the server has it");
});

story("a whole folder keeps its folders, by button and by drag", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const { page } = await ana.open("/");
  await page.getByRole("heading", { name: "Nothing written yet" }).waitFor();
  const root = await folder(stage, {
    "Handbook/Welcome.md": "# Welcome",
    "Handbook/On call/Rota.md": "Mondays: Ana",
    "Handbook/.hidden/secret.md": "no",
    "Handbook/logo.svg": "<svg/>",
  });
  await choose(page, "Import a folder", join(root, "Handbook"));
  await becomes(() => titles(page), "Rota,Welcome", "the library");
  const folders = page.getByRole("group", { name: "Folders" });
  await folders.getByRole("button", { name: "Handbook/On call" }).click();
  await becomes(() => titles(page), "Rota", "the inner folder");
  await folders.getByRole("button", { name: "Handbook", exact: true }).click();
  await becomes(() => titles(page), "Rota,Welcome", "the outer folder has what is inside");
  // Dropped files come in as well.
  await page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(["Dropped words"], "Dropped.md", { type: "text/markdown" }));
    const at = document.querySelector(".library");
    for (const kind of ["dragenter", "dragover", "drop"]) {
      at.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }
  });
  await folders.getByRole("button", { name: "All", exact: true }).click();
  await becomes(() => titles(page), "Dropped,Rota,Welcome", "what was dropped is there");
  assert.equal(await page.locator(".side nav h2").filter({ hasText: "Handbook" }).count(), 2);
});

story("a document is moved to a folder by keyboard alone, and others see it there", async (stage) => {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  const made = await ana.create();
  await made.title.fill("Move me");
  await made.title.press("Enter");
  await made.saved();
  const { page } = await ana.open("/");
  const more = page.getByRole("button", { name: "More: Move me", exact: true });
  await more.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Move to a folder" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("combobox", { name: "Folder" }).waitFor();
  await page.keyboard.type(" Team / Plans ");
  await page.keyboard.press("Enter");
  await page.getByRole("group", { name: "Folders" }).getByRole("button", { name: "Team/Plans" }).waitFor();
  await made.saved();
  const theirs = await jonas.open(`/d/${made.id}`);
  await theirs.saved();
  await theirs.append("x");
  await theirs.saved();
  await theirs.page.locator(".side nav h2").filter({ hasText: "Team/Plans" }).waitFor();
});

story("the library is sorted as one likes, and stays so", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  for (const title of ["Beta", "alpha", "Gamma"]) {
    const tab = await ana.create();
    await tab.title.fill(title);
    await tab.title.press("Enter");
    if (title === "alpha") {
      for (const words of ["one", " two", " three"]) {
        await tab.append(words);
        await tab.saved();
      }
    }
    await tab.saved();
    await tab.page.close();
  }
  const tab = await ana.open("/");
  const order = async () => (await rows(tab.page).allInnerTexts()).map((one) => one.trim()).join();
  const field = () => tab.page.getByRole("combobox", { name: "Sort by" });
  await becomes(order, "Gamma,alpha,Beta", "newest first");
  await field().selectOption("Title");
  await becomes(order, "alpha,Beta,Gamma", "by title");
  await field().selectOption("Edits");
  await becomes(async () => (await order()).startsWith("alpha"), true, "most edits first");
  await tab.page.reload();
  await becomes(async () => (await order()).startsWith("alpha"), true, "remembered");
  await until(async () => (await tab.page.locator("td .spark path").count()) > 0, "lines of activity");
});

story("one document and all of them are taken out, and a history comes back whole", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const made = await ana.create();
  await made.title.fill("Keep: all");
  await made.title.press("Enter");
  await made.append("First words");
  await made.saved();
  await made.append(", second words");
  await made.saved();
  const last = await made.last();
  const { page } = await ana.open("/");
  await rows(page).first().waitFor();
  const text = await saved(page, () => act(page, "Keep: all", "Export as Markdown"));
  assert.equal(text.name, "Keep- all.md");
  assert.equal(await readFile(text.path, "utf8"), "First words, second words");
  const history = await saved(page, () => act(page, "Keep: all", "Export with history"));
  assert.match(history.name, /^Keep- all\.palimpsest$/);
  const all = await saved(page, async () => {
    await page.getByRole("button", { name: "More", exact: true }).first().click();
    await page.getByRole("menuitem", { name: "Export all as Markdown" }).click();
  });
  const listed = await run("python3", ["-c", "import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;print(z.namelist(),z.read(z.namelist()[0]).decode())", all.path]);
  assert.match(listed.stdout, /\['Keep- all\.md'\] First words, second words/);
  // What was taken out with its history comes in again as a document with that history.
  const root = await folder(stage, { "Back.palimpsest": await readFile(history.path) });
  await choose(page, "Import files", join(root, "Back.palimpsest"));
  await becomes(() => titles(page), "Keep: all,Keep: all", "it is there twice");
  const hrefs = await rows(page).evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  const other = hrefs.find((href) => !href.includes(made.id));
  const again = await ana.open(other);
  await again.shows("First words, second words");
  await again.saved();
  await becomes(() => again.last(), last, "as many edits as before");
  await until(async () => (await server.text(again.id)) === "First words, second words", "the server has it");
});
