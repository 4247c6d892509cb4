// The pictures of every view, taken of the running app: a document that three people wrote over
// two weeks, now and in the past, light and dark, on a desk, on a tablet and in a hand; all of
// them on one contact sheet, and a moving one of a hand that goes through the past. They are put
// into `artifacts/pictures`; those that the README shows are copied to where
// PALIMPSEST_PICTURES says, too.
import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { otherDocuments, releaseChecklist } from "./chronicle.mjs";
import { animated } from "./moving-picture.mjs";
import { ARTIFACTS, artifact, story } from "./stage.mjs";
import { until } from "./waiting.mjs";

const STORY_MS_MAX = 240_000;
const TITLE = "Release checklist";
const FOLDER = join(ARTIFACTS, "pictures");
const README = new URL("../../README.md", import.meta.url);
const PLACE = { locale: "en-GB", timezoneId: "Europe/Berlin" };
const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
/** The widths that one browser window is given, and how high it is then. */
const HEIGHTS = { 1440: 900, 768: 1024, 390: 844 };
/** The moving picture: as large as a README shows it, and small enough to be loaded by it. */
const SCRUB = { width: 960, height: 640 };
const SCRUB_STEPS = 44;
const SCRUB_STEP_MS = 110;
const SCRUB_REST_MS = 1800;
const SCRUB_BYTES_MAX = 1_500_000;

/** Where somebody's caret is put: after these words. */
async function caretAfter(tab, words) {
  const at = (await tab.text()).indexOf(words);
  assert.ok(at >= 0, words);
  await tab.caret(at + words.length);
}

/** Nothing moves any more: fonts are there, and nothing of a moment is in the way. */
async function calm(page) {
  const { height } = page.viewportSize();
  await page.mouse.move(2, height - 2);
  await page.evaluate(() => document.fonts.ready);
  // Animations may go on: a caret blinks for ever, and names beside carets fade.
  await page.evaluate(() => {
    const moving = document.getAnimations().filter((one) => one instanceof CSSTransition);
    return Promise.all(moving.map((one) => one.finished.catch(() => undefined)));
  });
  await page.evaluate(() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next))));
}

/** Takes pictures of views as one browser shows them, at each of its widths. */
class Photographer {
  constructor(tab, widths) {
    this.tab = tab;
    this.widths = widths;
    this.files = [];
    /** The pictures that are wider than their screen. */
    this.wide = [];
  }

  /** One view, everywhere; `before` is done right before each picture. */
  async take(view, before = () => undefined) {
    const { page } = this.tab;
    for (const width of this.widths) {
      if (this.widths.length > 1) await page.setViewportSize({ width, height: HEIGHTS[width] });
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await before();
        await calm(page);
        const name = `${view}-${colorScheme}-${width}`;
        const sideways = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        if (sideways > 0) this.wide.push(`${name} scrolls sideways by ${sideways} px`);
        const file = join(FOLDER, `${name}.png`);
        await page.screenshot({ path: file });
        this.files.push(file);
      }
    }
    if (this.widths.length > 1) await page.setViewportSize(DESK.viewport);
  }
}

/** All pictures on one sheet, a view a row, to be looked at together. */
async function contactSheet(context, files) {
  const order = [...new Set(files.map((file) => view(file)))];
  const rows = await Promise.all(order.map(async (name) => {
    const images = await Promise.all(files.filter((file) => view(file) === name).map(async (file) => {
      const data = (await readFile(file)).toString("base64");
      return `<figure><img height=420 src="data:image/png;base64,${data}"><figcaption>${basename(file, ".png")}</figcaption></figure>`;
    }));
    return `<section>${images.join("")}</section>`;
  }));
  // A page of its own: the app's takes no markup from a string.
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 2560, height: 900 });
  await page.setContent(`<style>body{margin:16px;background:#888;font:12px sans-serif}section{display:flex;gap:12px;margin-bottom:16px}figure{margin:0}</style>${rows.join("")}`);
  await page.screenshot({ path: await artifact("contact-sheet.png"), fullPage: true });
}

const view = (file) => basename(file).replace(/-(light|dark)-\d+\.png$/, "");

/** A hand takes the handle to the very first state and slowly back to now. */
async function scrubbing(tab) {
  const { page } = tab;
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(SCRUB);
  await calm(page);
  const frames = [];
  const take = async (ms) => frames.push({ png: await page.screenshot(), ms });
  await take(SCRUB_REST_MS / 2);
  const box = await tab.timeline.boundingBox();
  const y = box.y + box.height / 2;
  const to = (part) => page.mouse.move(box.x + 3 + (box.width - 6) * part, y);
  await to(1);
  await page.mouse.down();
  const back = 8;
  for (let step = 1; step <= back; step++) {
    await to(1 - step / back);
    await take(SCRUB_STEP_MS);
  }
  for (let step = 1; step <= SCRUB_STEPS; step++) {
    await to(step / SCRUB_STEPS);
    await take(SCRUB_STEP_MS);
  }
  await page.mouse.up();
  await calm(page);
  await take(SCRUB_REST_MS);
  const file = join(FOLDER, "scrubbing.png");
  const picture = animated(frames);
  assert.ok(picture.length <= SCRUB_BYTES_MAX, `the moving picture has ${picture.length} bytes`);
  await writeFile(file, picture);
  await page.setViewportSize(DESK.viewport);
}

/** Says something about a passage. */
async function comment(tab, part, words) {
  await caretAfter(tab, part);
  await tab.page.keyboard.down("Shift");
  for (let n = 0; n < part.length; n++) await tab.page.keyboard.press("ArrowLeft");
  await tab.page.keyboard.up("Shift");
  await tab.page.keyboard.press("Control+Alt+KeyM");
  await say(tab, "Your comment", words);
}

async function say(tab, field, words) {
  const box = tab.page.getByRole("textbox", { name: field, exact: true }).filter({ visible: true });
  await box.fill(words);
  await box.press("Control+Enter");
  await box.waitFor({ state: "hidden" });
}

/** Makes a document that only this device has, and stays there. */
async function draft(tab) {
  await tab.person.unplug();
  await tab.create();
  await tab.title.fill("Draft: pricing page");
  await tab.title.press("Enter");
  await tab.append("# What does it cost to remember everything?\n\nLess than it costs to forget.");
  await tab.onDevice();
  // The line is drawn a moment later.
  await tab.page.locator(".line path").first().waitFor({ state: "attached" });
}

async function library(tab) {
  await tab.page.getByRole("link", { name: /^(All documents|Palimpsest)$/ }).first().click();
  await tab.page.getByRole("heading", { name: "Documents", level: 1 }).waitFor();
}

/** Goes through every view of the document and beside it. */
async function everyView(tab, camera, { id, struck, others }) {
  const { page } = tab;
  await tab.told(/^Saved · seen by/);
  await until(async () => (await page.locator("[data-name]").count()) >= 2, "the others' carets");
  // Names stand beside carets for a while after they moved.
  await camera.take("now", async () => {
    for (const other of others) {
      await other.page.keyboard.press("ArrowLeft");
      await other.page.keyboard.press("ArrowRight");
    }
  });
  if (camera.widths.length > 1) await scrubbing(tab);
  await tab.follow(`/d/${id}?at=${struck}`);
  await tab.standsAt(struck);
  await camera.take("past");
  await tab.button("Compare with now").click();
  await page.getByText(/added, .* removed since/).waitFor();
  await camera.take("compare");
  await tab.go(`/d/${id}`);
  await tab.button("More").click();
  await page.getByRole("menuitem", { name: "Events" }).click();
  const events = page.getByRole("complementary", { name: "Events", exact: true });
  await events.getByRole("listbox", { name: "All events" }).getByRole("option").first().waitFor();
  await events.getByRole("listbox", { name: "All events" }).focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  await events.getByRole("button", { name: "Copy as JSON" }).waitFor();
  await camera.take("inspector");
  await tab.go("/search?q=nobody%20else%20deploys");
  await page.locator(".search .hit").first().waitFor();
  await page.getByText(/1 place in the past/).waitFor();
  await camera.take("search");
  await page.goto("/d/019a0000-0000-7000-8000-000000000000");
  await page.getByRole("heading", { name: "This document is not here" }).waitFor();
  await camera.take("error");
  await tab.go("/");
  await page.getByRole("table").getByRole("link", { name: TITLE }).waitFor();
  await draft(tab);
  await camera.take("offline");
  await library(tab);
  await camera.take("library");
}

story("pictures of every view, and a moving one of scrubbing", async (stage) => {
  await mkdir(FOLDER, { recursive: true });
  const now = Date.now();
  const server = await stage.emptyServer();
  await server.start();
  const mira = await (await stage.person(server, "Mira", { ...PLACE, ...DESK })).open("/");
  const hand = await (await stage.person(server, "Mira", { ...PLACE, ...PHONE })).open("/");
  const cameras = new Map([[mira, new Photographer(mira, [1440, 768])], [hand, new Photographer(hand, [390])]]);
  for (const [tab, camera] of cameras) {
    await tab.introduce("Mira", 3);
    await tab.button("New document").first().waitFor();
    await camera.take("empty");
  }

  await server.kill("SIGTERM");
  const recorded = await artifact("chronicle.json");
  for (const [title, chronicle] of otherDocuments(now)) {
    await server.importTrace(await chronicle.save(recorded), title);
  }
  const id = await server.importTrace(await releaseChecklist(now).save(recorded), TITLE);
  await server.start();

  const someone = async (name, colour) => {
    const person = await stage.person(server, name, { ...PLACE, ...DESK });
    const tab = await person.open("/");
    await tab.introduce(name, colour);
    await tab.go(`/d/${id}`);
    return tab;
  };
  const others = [await someone("Ana", 1), await someone("Jonas", 2)];
  const [ana, jonas] = others;
  const agreed = await firstRevision(server, id, (text) => text.includes("would have helped."));
  await ana.follow(`/d/${id}?at=${agreed}`);
  await ana.standsAt(agreed);
  await ana.button("Name this version").click();
  await ana.page.getByRole("textbox", { name: "Name of the version" }).fill("v1 agreed");
  await ana.button("Save").click();
  await ana.page.keyboard.press("Escape");
  await comment(jonas, "who did not write it", "Does somebody who only read the draft count?");
  await ana.page.getByRole("article", { name: "Comment by Jonas", exact: true }).first().click();
  await ana.button("Reply").first().click();
  await say(ana, "Your reply", "Yes, if they read it aloud.");
  await caretAfter(ana, "copy of production");
  await caretAfter(jonas, "paste it into the incident.");
  await jonas.saved();
  const struck = await firstRevision(
    server, id, (text) => text.includes("would have helped.") && !text.includes("nobody else deploys"),
  );

  for (const [tab, camera] of cameras) {
    // What was open once shows in the library how it came about.
    const titles = [...otherDocuments(now).keys()];
    await tab.go("/");
    for (const title of titles) {
      await tab.page.getByRole("table").getByRole("link", { name: title }).click();
      await tab.ready();
      await tab.saved();
      await library(tab);
    }
    await tab.go(`/d/${id}`);
    await everyView(tab, camera, { id, struck, others });
    await tab.person.context.close();
  }
  const files = [...cameras.values()].flatMap((camera) => camera.files);
  await contactSheet(ana.page.context(), files);
  await writeFile(await artifact("pictures.txt"), `${files.join("\n")}\n`);
  assert.deepEqual([...cameras.values()].flatMap(({ wide }) => wide), []);
  const home = process.env.PALIMPSEST_PICTURES;
  if (!home) return;
  await mkdir(resolve(home), { recursive: true });
  for (const [, name] of (await readFile(README, "utf8")).matchAll(/docs\/pictures\/([\w-]+\.png)/g)) {
    await copyFile(join(FOLDER, name), join(resolve(home), name));
  }
}, STORY_MS_MAX);

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
