// Measures the engine in Chromium for `cargo xtask bench --browser`: serves the built library
// and the parcels of `palimpsest-bench` to a page, and prints the page's figures as JSON.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { chromium } from "playwright-core";
import { BROWSER_FLAGS, CHROMIUM } from "./chromium.mjs";

const { folder, traces, turns, words } = JSON.parse(process.argv[2]);
const KINDS = { js: "text/javascript", wasm: "application/wasm", parcel: "application/json" };

/** A page that is isolated from all others is given the finer clock. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

const server = createServer(async ({ url }, response) => {
  try {
    const name = basename(decodeURIComponent(new URL(url, "http://here").pathname));
    const type = KINDS[name.split(".").pop()] ?? "text/html";
    const body = name === "" ? "<!doctype html><title>Bench</title>" : await readFile(join(folder, name));
    response.writeHead(200, { ...ISOLATED, "content-type": type }).end(body);
  } catch {
    response.writeHead(404, ISOLATED).end();
  }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch({ executablePath: CHROMIUM, args: BROWSER_FLAGS });
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(String(error)));
  const figures = [];
  for (const trace of traces) {
    console.error(`in Chromium ${browser.version()}: ${trace}`);
    // A new page for each: a memory that has grown does not shrink.
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    figures.push(...(await page.evaluate(measure, { trace, turns, words })));
  }
  console.log(JSON.stringify(figures));
} finally {
  await browser.close();
  server.close();
}

/** Runs in the page. */
async function measure({ trace, turns, words }) {
  if (!crossOriginIsolated) throw new Error("the page is not isolated: its clock is coarse");
  const library = await import("/palimpsest_bench.js");
  await library.default();
  const parcel = await fetch(`/${encodeURIComponent(trace)}.parcel`);
  const bytes = new Uint8Array(await parcel.arrayBuffer());
  return JSON.parse(library.measure(trace, bytes, turns, words));
}
