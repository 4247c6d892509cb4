// The service worker alone: the real public/sw.js with small made-up builds, behind a server
// that can be stopped. What the app does inside the page is for the other files.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";
import { BROWSER_FLAGS, CHROMIUM } from "./chromium.mjs";

const source = await readFile(new URL("../../public/sw.js", import.meta.url), "utf8");
// How long a page counts as being started: shorter here than for people.
const STARTING_MS_MAX = 500;
let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: BROWSER_FLAGS,
  });
});

after(() => browser?.close());

/** The files of a build, by address; `lazy` is what a page asks for only when it is told to. */
function build(name) {
  const page = `<!doctype html><title>${name}</title><script src="/assets/main-${name}.js"></script>`;
  const files = {
    "/": ["text/html", page],
    "/assets/main-%.js": ["text/javascript", `window.build = "${name}";`],
    "/assets/lazy-%.js": ["text/javascript", `window.lazy = "${name}";`],
    "/manifest.webmanifest": ["application/manifest+json", "{}"],
  };
  return new Map(Object.entries(files).map(([path, file]) => [path.replace("%", name), file]));
}

function worker(name, files) {
  const list = JSON.stringify([...files.keys()]);
  return source
    .replace('const BUILD = "unfinished";', `const BUILD = "${name}";`)
    .replace("const FILES = [];", `const FILES = ${list};`)
    .replace("STARTING_MS_MAX = 60_000", `STARTING_MS_MAX = ${STARTING_MS_MAX}`);
}

/** A server of one build at a time, with the promises that the real one makes. */
async function serve(name) {
  const state = { name, files: build(name), broken: new Set() };
  const server = createServer(({ url }, response) => {
    const path = url.split("?")[0];
    const known = path.startsWith("/d/") ? "/" : path;
    const file =
      path === "/sw.js"
        ? ["text/javascript", worker(state.name, state.files)]
        : path === "/api/v1/documents"
          ? ["application/json", "[]"]
          : state.broken.has(path) ? undefined : state.files.get(known);
    const forEver = file && path.startsWith("/assets/");
    response.writeHead(file ? 200 : 404, {
      "content-type": file?.[0] ?? "text/plain",
      "cache-control": forEver ? "immutable, max-age=31536000" : "no-cache",
    });
    response.end(file?.[1] ?? "nothing here");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((stopped) => server.close(stopped));
  };
  const release = (next) => Object.assign(state, { name: next, files: build(next) });
  return { address: `http://127.0.0.1:${server.address().port}`, state, release, stop };
}

async function install(page) {
  await page.evaluate(async () => {
    await navigator.serviceWorker.register("/sw.js");
    await navigator.serviceWorker.ready;
    while (!navigator.serviceWorker.controller) await new Promise((soon) => setTimeout(soon, 10));
  });
}

/** Looks for a new build and waits until its worker waits. */
function update(page) {
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    while (!registration.waiting) await new Promise((soon) => setTimeout(soon, 10));
  });
}

/** Accepts the waiting build, as the app does when the person says yes. */
function accept(page) {
  return page.evaluate(async () => {
    const changed = new Promise((resolve) => {
      navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
    });
    (await navigator.serviceWorker.ready).waiting.postMessage("SKIP_WAITING");
    await changed;
  });
}

const running = (page) => page.evaluate(() => window.build);

const caches = (page) =>
  page.evaluate(async () => (await window.caches.keys()).filter((name) => name.includes("build")));

async function cachesAre(page, expected) {
  const names = expected.map((name) => `palimpsest-build-${name}`);
  const deadline = Date.now() + 5000;
  let found = await caches(page);
  while (Date.now() < deadline && JSON.stringify(found) !== JSON.stringify(names)) {
    await page.waitForTimeout(20);
    found = await caches(page);
  }
  assert.deepEqual(found, names);
}

async function lazily(page, name) {
  await page.addScriptTag({ url: `/assets/lazy-${name}.js` });
  return page.evaluate(() => window.lazy);
}

async function scene(run) {
  const server = await serve("one");
  const context = await browser.newContext({ baseURL: server.address });
  try {
    const page = await context.newPage();
    await page.goto("/");
    await install(page);
    await run({ server, context, page });
  } finally {
    await context.close();
    await server.stop();
  }
}

test("the app opens without a server, at every address of its own", () =>
  scene(async ({ server, context, page }) => {
    await server.stop();
    await page.reload();
    assert.equal(await running(page), "one");
    const other = await context.newPage();
    await other.goto("/d/0193?at=7");
    assert.equal(await running(other), "one");
    assert.equal(await lazily(other, "one"), "one");
  }));

test("nothing but the app is answered by the app", () =>
  scene(async ({ server, page }) => {
    const ask = (path) =>
      page.evaluate(async (path) => {
        const response = await fetch(path).catch(() => undefined);
        return response && [response.status, response.headers.get("content-type")];
      }, path);
    assert.deepEqual(await ask("/assets/gone-0.js"), [404, "text/plain"]);
    assert.deepEqual(await ask("/api/v1/documents"), [200, "application/json"]);
    assert.deepEqual(await ask("/healthz"), [404, "text/plain"]);
    await server.stop();
    assert.equal(await ask("/api/v1/documents"), undefined);
    assert.equal(await ask("/assets/gone-0.js"), undefined);
    await assert.rejects(page.goto("/api/v1/documents"));
  }));

test("a new build waits until it is accepted, and the old stays while a page needs it", () =>
  scene(async ({ server, context, page }) => {
    await page.reload();
    const other = await context.newPage();
    await other.goto("/d/0193");
    server.release("two");
    await update(page);
    await page.reload();
    assert.equal(await running(page), "one", "not before it is accepted");
    await accept(page);
    await page.reload();
    assert.equal(await running(page), "two");
    assert.equal(await running(other), "one");
    assert.equal(await lazily(other, "one"), "one", "its own files are still there");
    await cachesAre(page, ["one", "two"]);
    await other.reload();
    assert.equal(await running(other), "two");
    await page.waitForTimeout(2 * STARTING_MS_MAX);
    server.release("three");
    await update(page);
    await accept(page);
    await page.reload();
    await other.reload();
    assert.deepEqual([await running(page), await running(other)], ["three", "three"]);
    const left = await caches(page);
    assert.ok(!left.includes("palimpsest-build-one"), `nobody needs build one: ${left}`);
  }));

test("a build of which a file is missing is not installed", () =>
  scene(async ({ server, page }) => {
    server.release("two");
    server.state.broken.add("/assets/lazy-two.js");
    const waiting = await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
      const arriving = registration.installing;
      if (arriving) {
        await new Promise((resolve) => arriving.addEventListener("statechange", resolve));
      }
      return registration.waiting !== null;
    });
    assert.equal(waiting, false);
    await server.stop();
    await page.reload();
    assert.equal(await running(page), "one");
  }));
