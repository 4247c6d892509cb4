// What axe-core finds against WCAG 2.0 to 2.2, levels A and AA: nothing, on any view, in light
// and in dark, on a desk and in a hand.
import { chronicled } from "./scenes.mjs";
import { story } from "./stage.mjs";
import { until } from "./waiting.mjs";
import { Walk } from "./walk.mjs";

const STORY_MS_MAX = 150_000;

async function prepared(stage, options) {
  const { server, id } = await chronicled(stage);
  const ana = await stage.person(server, "Ana", options);
  const jonas = await stage.person(server, "Jonas");
  const other = await jonas.open(`/d/${id}`);
  await other.introduce("Jonas");
  await other.caret(0);
  const tab = await ana.open(`/d/${id}`);
  await tab.introduce("Ana");
  await tab.saved();
  await until(async () => (await tab.page.locator("[data-name]").count()) > 0, "Jonas's caret");
  return { id, tab, page: tab.page, walk: new Walk(tab.page) };
}

async function comment(tab) {
  await tab.caret(3);
  await tab.page.keyboard.press("Control+Alt+KeyM");
  const box = tab.page.getByRole("textbox", { name: "Your comment" }).filter({ visible: true });
  await box.fill("Is this right, @Jonas?");
  return box;
}

story("every view of a document, on a desk, keeps to WCAG 2.2 AA", async (stage) => {
  const { id, tab, page, walk } = await prepared(stage, { viewport: { width: 1440, height: 900 } });
  await walk.look("now");
  const box = await comment(tab);
  await walk.look("a comment being written");
  await box.press("Control+Enter");
  await page.getByRole("article").first().waitFor();
  await walk.look("a comment beside the text");
  for (const panel of ["Comments", "People here", "Outline"]) {
    await tab.button("More").click();
    if (panel === "Comments") await walk.look("the menu");
    await page.getByRole("menuitem", { name: panel }).click();
    await page.getByRole("complementary", { name: panel }).waitFor();
    await walk.look(`the panel: ${panel}`);
  }
  await page.getByRole("complementary", { name: "Outline" }).getByRole("button", { name: "Close" }).click();
  await tab.button("Follow Jonas").click();
  await walk.look("following somebody");
  await tab.button("Share").click();
  await walk.look("the dialog: share");
  await page.keyboard.press("Escape");
  await tab.button("More").click();
  await page.getByRole("menuitem", { name: "Keyboard shortcuts" }).click();
  await walk.look("the dialog: keyboard shortcuts");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /Name and colour/ }).last().click();
  await walk.look("the dialog: name and colour");
  await page.keyboard.press("Escape");
  await tab.timelineKey("Home");
  await until(() => tab.isPast(), "the past");
  await tab.follow(`/d/${id}?at=${Math.round((await tab.last()) / 2)}`);
  await walk.look("the past");
  await tab.button("Compare with now").click();
  await page.getByText(/added, .* removed since/).waitFor();
  await walk.look("the past beside now");
  walk.end();
}, STORY_MS_MAX);

story("the library and what is not there keep to WCAG 2.2 AA", async (stage) => {
  const { tab, page, walk } = await prepared(stage, { viewport: { width: 1280, height: 800 } });
  await tab.go("/");
  await page.getByRole("table").getByRole("link").first().waitFor();
  await walk.look("the library");
  await page.getByRole("button", { name: /^More: / }).first().click();
  await walk.look("a menu in the library");
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await walk.look("the dialog: rename");
  await page.keyboard.press("Escape");
  await page.getByRole("searchbox", { name: "Find a document" }).last().fill("nothing like this");
  await walk.look("nothing found");
  await page.goto("/d/019a0000-0000-7000-8000-000000000000");
  await page.getByRole("heading", { name: "This document is not here" }).waitFor();
  await walk.look("a document that is not there");
  await page.goto("/d/not-a-document");
  await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor();
  await walk.look("an address of nothing");
  walk.end();
}, STORY_MS_MAX);

story("the views keep to WCAG 2.2 AA on a phone", async (stage) => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };
  const { tab, page, walk } = await prepared(stage, phone);
  await walk.look("now");
  const box = await comment(tab);
  await box.press("Control+Enter");
  await walk.look("the comments");
  await page.getByRole("complementary", { name: "Comments" }).getByRole("button", { name: "Close" }).click();
  await tab.timelineKey("Home");
  await until(() => tab.isPast(), "the past");
  await walk.look("the past");
  await tab.go("/");
  await page.getByRole("table").getByRole("link").first().waitFor();
  await walk.look("the library");
  walk.end();
}, STORY_MS_MAX);
