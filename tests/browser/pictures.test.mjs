// The pictures that the README shows, taken of the running app: a document that three people
// wrote over two weeks, now and in the past, light and dark, on a desk and in a hand. They
// are put into `artifacts/pictures`, or where PALIMPSEST_PICTURES says.
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { otherDocuments, releaseChecklist } from "./chronicle.mjs";
import { ARTIFACTS, artifact, story } from "./stage.mjs";
import { until } from "./waiting.mjs";

const STORY_MS_MAX = 150_000;
const TITLE = "Release checklist";
const FOLDER = resolve(process.env.PALIMPSEST_PICTURES ?? join(ARTIFACTS, "pictures"));
const PLACE = { locale: "en-GB", timezoneId: "Europe/Berlin" };
const SCREENS = {
  1440: { viewport: { width: 1440, height: 900 } },
  390: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
};

/** Where somebody's caret is put: after these words. */
async function caretAfter(tab, words) {
  const at = (await tab.text()).indexOf(words);
  assert.ok(at >= 0, words);
  await tab.caret(at + words.length);
}

/** Nothing moves any more: fonts are there, and nothing of a moment is in the way. */
async function calm(page) {
  await page.mouse.move(5, 895);
  await page.evaluate(() => document.fonts.ready);
  // Animations may go on: a caret blinks for ever, and names beside carets fade.
  await page.evaluate(() => {
    const moving = document.getAnimations().filter((one) => one instanceof CSSTransition);
    return Promise.all(moving.map((one) => one.finished.catch(() => undefined)));
  });
  await page.evaluate(() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next))));
}

async function picture(page, name) {
  await calm(page);
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(sideways <= 0, `${name} scrolls sideways by ${sideways} px`);
  const file = join(FOLDER, `${name}.png`);
  await page.screenshot({ path: file });
  return file;
}

/** All pictures on one sheet, to be looked at together. */
async function contactSheet(page, files) {
  await page.emulateMedia({ colorScheme: "light" });
  const images = await Promise.all(
    files.map(async (file) => {
      const data = (await readFile(file)).toString("base64");
      const width = /390/.test(file) ? 300 : 900;
      return `<figure><img width=${width} src="data:image/png;base64,${data}"><figcaption>${file.split("/").at(-1)}</figcaption></figure>`;
    }),
  );
  await page.setViewportSize({ width: 1880, height: 900 });
  await page.setContent(`<style>body{margin:16px;background:#888;font:12px sans-serif;display:flex;flex-wrap:wrap;gap:16px}figure{margin:0}</style>${images.join("")}`);
  await page.screenshot({ path: await artifact("contact-sheet.png"), fullPage: true });
}

story("pictures of the library, the present and the past", async (stage) => {
  await mkdir(FOLDER, { recursive: true });
  const now = Date.now();
  const server = await stage.emptyServer();
  const recorded = await artifact("chronicle.json");
  for (const [title, chronicle] of otherDocuments(now)) {
    await server.importTrace(await chronicle.save(recorded), title);
  }
  const id = await server.importTrace(await releaseChecklist(now).save(recorded), TITLE);
  await server.start();

  const someone = async (name, colour, options) => {
    const person = await stage.person(server, name, { ...PLACE, ...options });
    const tab = await person.open("/");
    await tab.introduce(name, colour);
    await tab.go(`/d/${id}`);
    return tab;
  };
  const ana = await someone("Ana", 1, SCREENS[1440]);
  const jonas = await someone("Jonas", 2, SCREENS[1440]);
  const agreed = await firstRevision(server, id, (text) => text.includes("would have helped."));
  await ana.follow(`/d/${id}?at=${agreed}`);
  await ana.standsAt(agreed);
  await ana.button("Name this version").click();
  await ana.page.getByRole("textbox", { name: "Name of the version" }).fill("v1 agreed");
  await ana.button("Save").click();
  await ana.page.keyboard.press("Escape");
  await caretAfter(ana, "copy of production");
  await caretAfter(jonas, "paste it into the incident.");
  await jonas.saved();
  const struck = await firstRevision(
    server, id, (text) => text.includes("would have helped.") && !text.includes("nobody else deploys"),
  );

  const files = [];
  for (const width of ["1440", "390"]) {
    const tab = await someone("Mira", 3, SCREENS[width]);
    const { page } = tab;
    const both = async (name, before = () => undefined) => {
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await before();
        files.push(await picture(page, `${name}-${colorScheme}-${width}`));
      }
    };
    await tab.told(/^Saved · seen by/);
    await until(async () => (await page.locator("[data-name]").count()) >= 2, "the others' carets");
    // Names stand beside carets for a while after they moved.
    await both("now", async () => {
      for (const other of [ana, jonas]) {
        await other.page.keyboard.press("ArrowLeft");
        await other.page.keyboard.press("ArrowRight");
      }
    });
    await tab.follow(`/d/${id}?at=${struck}`);
    await tab.standsAt(struck);
    await both("past");
    await tab.button("Compare with now").click();
    await page.getByText(/characters added/).waitFor();
    await both("compare");
    await tab.go("/");
    await page.getByRole("table").getByRole("link", { name: TITLE }).waitFor();
    await draft(tab);
    await both("library");
    await tab.person.context.close();
  }
  await contactSheet(ana.page, files);
  await writeFile(await artifact("pictures.txt"), `${files.join("\n")}\n`);
}, STORY_MS_MAX);

/** Makes a document that only this device has, and comes back to the library. */
async function draft(tab) {
  await tab.person.unplug();
  await tab.create();
  await tab.title.fill("Draft: pricing page");
  await tab.title.press("Enter");
  await tab.append("What does it cost to remember everything?");
  await tab.onDevice();
  await tab.page.getByRole("link", { name: /^(All documents|Palimpsest)$/ }).first().click();
  await tab.page.getByRole("heading", { name: "Documents", level: 1 }).waitFor();
}

/** The first revision whose text fits; every later one must fit as well. */
async function firstRevision(server, id, fits) {
  let [low, high] = [1, (await server.document(id)).revision];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(await server.text(id, middle))) high = middle;
    else low = middle + 1;
  }
  return low;
}
