// What a first visit costs and how long it takes, and the same again without a network. The
// bytes are a budget: who adds to the app takes them from somewhere. Times are only told.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { artifact, story } from "./stage.mjs";
import { Tab } from "./tab.mjs";

// What a visit may transfer now: what it does and a twentieth more, since compilers differ. The
// goal is less; it is never raised without a reason.
const BUDGET_KB = 865;
const GOAL_KB = 600;
const INTERACTIVE_MS = 1_500;
const OFFLINE_MS = 1_000;
const VISITS = 5;

/** Notes, by the page's own clock, when its text can be written in. */
function noteReady() {
  const look = () => {
    if (!document.querySelector('.cm-content[contenteditable="true"]')) requestAnimationFrame(look);
    else globalThis.readyAt = performance.now();
  };
  requestAnimationFrame(look);
}

const median = (numbers) => [...numbers].sort((one, other) => one - other)[numbers.length >> 1];
const kilobytes = (bytes) => bytes / 1_000;

/** Visits an address as somebody who was never there: the bytes that come, and until when. */
async function visit(stage, server, path) {
  const person = await stage.person(server, `Visitor ${stage.people.length}`);
  const tab = new Tab(await person.context.newPage(), person);
  const { page } = tab;
  const devtools = await person.context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  const files = new Map();
  let bytes = 0;
  devtools.on("Network.responseReceived", ({ requestId, response }) => files.set(requestId, response.url));
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (files.has(requestId)) bytes += encodedDataLength;
  });
  await page.addInitScript(noteReady);
  await tab.go(path);
  await page.waitForFunction(() => globalThis.readyAt);
  await page.waitForLoadState("networkidle");
  return { person, tab, bytes, ready: await page.evaluate(() => globalThis.readyAt) };
}

/** Holds files back from somebody; returns what lets them come. */
async function holdBack(person, files) {
  let open;
  const here = new Promise((resolve) => (open = resolve));
  await person.context.route(files, async (route) => {
    await here;
    return route.continue();
  });
  return open;
}

story("a first visit keeps its budget, and the next one needs no network", async (stage) => {
  const server = await stage.server();
  const writer = await stage.person(server, "Ana");
  const tab = await writer.create();
  await tab.append("Everything is here.");
  await tab.saved();

  const first = [];
  let last;
  for (let i = 0; i < VISITS; i++) first.push((last = await visit(stage, server, `/d/${tab.id}`)));
  const { person, tab: visited } = last;
  const transferred = kilobytes(median(first.map(({ bytes }) => bytes)));

  await visited.readyForOffline();
  await person.unplug();
  const offline = [];
  for (let i = 0; i < VISITS; i++) {
    await visited.reload();
    await visited.page.waitForFunction(() => globalThis.readyAt);
    offline.push(await visited.page.evaluate(() => globalThis.readyAt));
  }
  await visited.shows("Everything is here.");

  const ready = median(first.map((one) => one.ready));
  const again = median(offline);
  const rows = [
    ["a first visit, everything it transfers", transferred, GOAL_KB, "kB"],
    ["a first visit, until the text can be written in", ready, INTERACTIVE_MS, "ms"],
    ["the next visit without a network, the same", again, OFFLINE_MS, "ms"],
  ].map(([what, found, goal, unit]) =>
    `| ${what} | ${Math.round(found)} ${unit} | ${goal} ${unit} | ${found <= goal ? "reached" : "missed"} |`);
  const table = ["| what | median of 5 | goal | |", "|---|---|---|---|", ...rows, ""].join("\n");
  await writeFile(await artifact("first-load.md"), table);
  console.log(`\n${table}`);

  assert.ok(transferred > 100, "what is transferred was counted");
  assert.ok(transferred <= BUDGET_KB, `a visit transfers ${transferred} kB, ${BUDGET_KB} kB is the budget`);
});

story("an app that does not arrive says so, and comes when it is asked for again", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const app = "**/assets/app_bg-*.wasm";
  await ana.context.route(app, (route) => route.abort());
  const { page } = await ana.open("/");
  const told = page.getByRole("alert").filter({ hasText: "could not be loaded" });
  await told.waitFor();
  await page.screenshot({ path: await artifact("not-loaded.png") });
  await ana.context.unroute(app);
  await told.getByRole("button", { name: "Try again", exact: true }).click();
  await page.getByRole("heading", { name: "Documents", level: 1 }).waitFor();
  assert.equal(await told.count(), 0, "what was said is gone");
});

story("an app that is long on its way says so until it is there", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const open = await holdBack(ana, "**/assets/app_bg-*.wasm");
  const { page } = await ana.open("/");
  const opening = page.getByRole("status").filter({ hasText: "Opening" });
  await opening.waitFor();
  await page.getByText("If nothing comes, reload the page.").waitFor();
  open();
  await page.getByRole("heading", { name: "Documents", level: 1 }).waitFor();
  assert.equal(await page.locator("#opening").count(), 0, "it makes room for the app");
});

story("a part that does not arrive says so, and comes when it is asked for again", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  let refused = 0;
  await ana.context.route("**/assets/split_panels-*", (route) => {
    refused += 1;
    return route.abort();
  });
  const tab = await ana.create();
  await tab.append("# Here\n");
  await tab.page.keyboard.press("Control+Shift+O");
  const panel = tab.page.getByRole("complementary", { name: "Outline" });
  await panel.getByRole("alert").filter({ hasText: "could not be loaded" }).waitFor();
  assert.ok(refused > 0, "it was asked for");
  await ana.context.unroute("**/assets/split_panels-*");
  await panel.getByRole("button", { name: "Try again", exact: true }).click();
  await panel.getByRole("button", { name: "Here", exact: true }).waitFor();
  await tab.shows("# Here\n");
});

story("what is typed in the palette before its list is there counts", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const open = await holdBack(ana, "**/assets/split_dialogs-*");
  const tab = await ana.create();
  await tab.append("one");
  await tab.page.keyboard.press("Control+k");
  await tab.page.keyboard.type("outline");
  await tab.page.keyboard.press("Enter");
  open();
  await tab.page.getByRole("complementary", { name: "Outline" }).waitFor();
  await tab.shows("one");
});
