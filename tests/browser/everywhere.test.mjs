// What holds on every view: it fits a hand, it can be installed and opened without a network, a
// newer version waits until one says yes, and whoever asks for less motion, more contrast or
// colours of their own gets them.
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { readFile, readdir } from "node:fs/promises";
import { chronicled, history } from "./scenes.mjs";
import { story } from "./stage.mjs";
import { until } from "./waiting.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
/**
 * What a finger finds: 44 where nothing is near; the two rows of the header leave 39 to what
 * stands in them, so that no target lies over another.
 */
const TOUCH_PX = 38;
/**
 * The title has the upper part of the bar, above the save status. Flags stand on the line, which
 * is dragged; the panel of versions and marks has them as large as a finger. And so has the panel
 * of events, beside a long list of raw ones, whatever is done with the one that is chosen.
 */
const SMALLER = ".title, .flag, .rows .row";
const SMALLEST_PX = 23.5;

/** A document that three people wrote, on a server that runs. */
async function written(stage, options) {
  const { server, id } = await chronicled(stage);
  const ana = await stage.person(server, "Ana", options);
  const tab = await ana.open(`/d/${id}`);
  await tab.saved();
  return { server, ana, tab, id };
}

/**
 * What can be touched and is too small: how far above and below its middle a finger still hits
 * it, whatever draws it.
 */
function small(page, least) {
  return page.evaluate(([least, SMALLER, SMALLEST]) => {
    const found = [];
    const touched = "button:not(:disabled), a[href], select, input:not([type=hidden]), [role=slider], [role=option]";
    for (const one of document.querySelectorAll(touched)) {
      // A link in a text is as high as its line.
      if (!one.checkVisibility({ visibilityProperty: true }) || one.closest(".cm-content, [aria-hidden=true]")) continue;
      const whole = one.closest("label") ?? one;
      const box = whole.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const hits = (y) => {
        const there = y >= 0 && y < innerHeight ? document.elementFromPoint(x, y) : null;
        return there !== null && (whole.contains(there) || there.closest("label") === whole);
      };
      // What is scrolled away in part is whole when it is scrolled to.
      const cut = (around) => /auto|scroll|clip/.test(getComputedStyle(around).overflow) &&
        (around.getBoundingClientRect().bottom < box.bottom || around.getBoundingClientRect().top > box.top);
      let around = one.parentElement;
      while (around && !cut(around)) around = around.parentElement;
      if (around) continue;
      // What lies under something else is not touched.
      if (!box.width || x < 0 || x >= innerWidth || !hits(y)) continue;
      let [top, bottom] = [y, y];
      while (hits(top - 0.5)) top -= 0.5;
      while (hits(bottom + 0.5)) bottom += 0.5;
      if (bottom - top < (one.matches(SMALLER) ? SMALLEST : least)) found.push(`${one.getAttribute("aria-label") ?? one.innerText}: ${Math.round(bottom - top)} px`);
    }
    return found;
  }, [least, SMALLER, SMALLEST_PX]);
}

story("on a phone everything that is touched is as large as a finger", async (stage) => {
  const { tab, id } = await written(stage, PHONE);
  const { page } = tab;
  const found = {};
  const look = async (view) => {
    const all = await small(page, TOUCH_PX);
    if (all.length) found[view] = all;
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (sideways > 0) (found[view] ??= []).push(`scrolls sideways by ${sideways} px`);
  };
  await look("now");
  for (const panel of ["Outline", "Comments", "People here", "Life of this text", "Take back edits", "Events"]) {
    await tab.button("More").click();
    if (panel === "Outline") await look("the menu");
    const item = page.getByRole("menuitem", { name: panel });
    if (await item.count()) {
      await item.first().click();
      await page.locator(".aside").waitFor();
      await look(`the panel: ${panel}`);
      await page.locator(".aside").getByRole("button", { name: "Close" }).click();
    } else {
      await page.keyboard.press("Escape");
    }
  }
  await tab.follow(`/d/${id}?at=${Math.round((await tab.last()) / 2)}`);
  await until(() => tab.isPast(), "the past");
  await look("the past");
  await tab.timelineKey("c");
  await page.getByText(/added, .* removed since/).waitFor();
  await look("a comparison");
  await tab.go("/search?q=deploys");
  await page.locator(".search .hit").first().waitFor();
  await look("the search");
  await tab.go("/");
  await page.getByRole("table").getByRole("link").first().waitFor();
  await look("the library");
  assert.deepEqual(found, {});
});

story("the app can be installed, with a name, icons and a page that opens without a network", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.open("/");
  await tab.readyForOffline();
  const devtools = await ana.context.newCDPSession(tab.page);
  const { errors, data } = await devtools.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  const manifest = JSON.parse(data);
  assert.equal(manifest.name, "Palimpsest");
  assert.equal(manifest.display, "standalone");
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  // A window of a test is like a private one, from which nothing is installed.
  const serious = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
  assert.deepEqual(serious, []);
  for (const { src, type } of manifest.icons) {
    const icon = await fetch(new URL(src, server.address));
    assert.equal(icon.status, 200, src);
    assert.ok(icon.headers.get("content-type").startsWith(type), src);
  }
  await ana.unplug();
  await tab.page.reload();
  await tab.page.getByRole("heading", { name: "Documents", level: 1 }).waitFor();
  await tab.create();
  await tab.append("Written without a network.");
  await tab.onDevice();
});

/** A server in front of the real one, which can say that there is a newer build. */
async function releases(stage, server) {
  let build = "";
  const front = createServer((asked, answer) => {
    const options = { host: "127.0.0.1", port: server.port, path: asked.url, method: asked.method, headers: asked.headers };
    const worker = asked.url === "/sw.js";
    if (worker) delete options.headers["accept-encoding"];
    const onward = request(options, async (found) => {
      if (!worker) {
        answer.writeHead(found.statusCode, found.headers);
        found.pipe(answer);
        return;
      }
      let script = "";
      for await (const part of found.setEncoding("utf8")) script += part;
      const changed = script.replace(/const BUILD = "([^"]*)"/, `const BUILD = "$1${build}"`);
      const { "content-length": _length, etag: _etag, ...headers } = found.headers;
      answer.writeHead(found.statusCode, headers);
      answer.end(changed);
    });
    onward.on("error", () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise((listening) => front.listen(0, "127.0.0.1", listening));
  stage.atEnd(() => {
    front.closeAllConnections();
    return new Promise((closed) => front.close(closed));
  });
  return { port: front.address().port, release: (next) => (build = next) };
}

story("a newer version says that it is ready, and nothing changes until one says yes", async (stage) => {
  const server = await stage.server();
  const front = await releases(stage, server);
  const ana = await stage.person(front, "Ana");
  const tab = await ana.open("/");
  await tab.readyForOffline();
  await tab.create();
  await tab.append("Words that stay.");
  await tab.onDevice();
  const builds = () => tab.page.evaluate(async () => (await caches.keys()).filter((name) => name.includes("build")));
  const [first] = await builds();
  front.release("-next");
  await tab.page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  await tab.page.getByText("A newer version of Palimpsest is ready.").waitFor();
  await tab.append(" More of them.");
  await tab.onDevice();
  // A reload that nobody asked for an update by opens the version that one has.
  const controller = () => tab.page.evaluate(() => caches.match("/").then(() => navigator.serviceWorker.controller.state));
  assert.equal(await controller(), "activated");
  await tab.reload();
  assert.ok((await builds()).includes(first), "the version that runs keeps its files");
  await tab.page.getByRole("button", { name: "Reload to update" }).focus();
  await Promise.all([tab.page.waitForEvent("load"), tab.page.keyboard.press("Enter")]);
  await tab.ready();
  await tab.shows("Words that stay. More of them.");
  assert.equal(await tab.page.getByText("A newer version of Palimpsest is ready.").count(), 0);
  assert.ok((await builds()).some((name) => name.endsWith("-next")), "the newer version is the one that runs");
});

story("who wants less motion sees none", async (stage) => {
  const { tab, id } = await written(stage, { reducedMotion: "reduce" });
  const { page } = tab;
  const moving = () => page.evaluate(() => document.getAnimations()
    .filter((one) => one.playState === "running" && !one.effect.target?.closest?.(".cm-cursorLayer"))
    .map((one) => `${one.animationName ?? one.transitionProperty}: ${one.effect.target?.className}`));
  const seen = new Set();
  const look = async () => {
    for (let i = 0; i < 4; i++) {
      for (const one of await moving()) seen.add(one);
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
  };
  await page.keyboard.press("Control+k");
  await look();
  await page.keyboard.press("Escape");
  await tab.button("Comments").click();
  await look();
  await tab.button("Share").click();
  await look();
  await page.keyboard.press("Escape");
  await tab.follow(`/d/${id}?at=100`);
  await tab.standsAt(100);
  await look();
  await tab.timelineKey("ArrowRight");
  await look();
  await page.keyboard.press("Escape");
  await look();
  assert.deepEqual([...seen], []);
});

story("with colours of the system or more contrast, what is on is told by more than its colour", async (stage) => {
  const { tab, id } = await written(stage, { viewport: { width: 1440, height: 900 } });
  const { page } = tab;
  await tab.follow(`/d/${id}?at=100`);
  await tab.standsAt(100);
  await page.emulateMedia({ forcedColors: "active" });
  const shape = (locator) => locator.evaluate((one) => {
    const { outlineStyle, outlineWidth, borderTopWidth, textDecorationLine, fontWeight } = getComputedStyle(one);
    return [outlineStyle, outlineWidth, borderTopWidth, textDecorationLine, fontWeight].join();
  });
  const follow = tab.button("Follow changes");
  const on = await shape(follow);
  await follow.click();
  await page.mouse.move(700, 400);
  await page.evaluate(() => document.activeElement.blur());
  assert.notEqual(await shape(follow), on, "a button that is pressed, and one that is not");
  const label = (name) => page.locator(".choice label").filter({ hasText: name });
  assert.notEqual(await shape(label("Sessions")), await shape(label("Clock")), "which axis is chosen");
  // What is drawn keeps its colours, or gets the system's.
  const drawn = await page.evaluate(() => {
    const head = getComputedStyle(document.querySelector(".line .head"));
    const bar = getComputedStyle(document.querySelector(".line path"));
    return [head.borderLeftColor, head.backgroundColor, bar.fill];
  });
  assert.ok(drawn.every((colour) => colour), `${drawn}`);
  await page.emulateMedia({ forcedColors: "none", contrast: "more" });
  const ink = () => page.evaluate(() => getComputedStyle(document.body).color);
  assert.equal(await ink(), "rgb(0, 0, 0)", "black on white for who wants more contrast");
});

story("every word that is shown stands in one place, ready to be translated", async (stage) => {
  const { tab } = await history(stage, ["one"]);
  await tab.saved();
  const root = new URL("../../app/", import.meta.url);
  const files = (await readdir(new URL("src/", root), { recursive: true }))
    .filter((name) => name.endsWith(".rs") && !name.startsWith("words"));
  assert.ok(files.length > 50, "the app's files are read");
  const found = [];
  for (const name of files) {
    const source = (await readFile(new URL(`src/${name}`, root), "utf8")).split("#[cfg(test)]")[0];
    for (const [nth, line] of source.split("\n").entries()) {
      const code = line.replace(/\/\/.*$/, "");
      // Sentences and labels: a capital, a word, and more words or the end of the string.
      for (const [, words] of code.matchAll(/"([A-Z][a-z]+(?: [a-z]+)+[.?…]?)"/g)) found.push(`${name}:${nth + 1}: ${words}`);
    }
  }
  assert.deepEqual(found, []);
});
