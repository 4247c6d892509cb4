// How fast the app is on a document of a quarter of a million edits, measured in the browser
// and written to `artifacts/measurements.md`. One number is a promise: dragging the timeline
// never keeps the page busy for 100 ms at a time.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { artifact, story } from "./stage.mjs";
import { snapshot } from "./stored.mjs";
import { findTrace, random } from "./trace.mjs";
import { until } from "./waiting.mjs";

const TRACE = "sequential/automerge-paper";
const STORY_MS_MAX = 240_000;
// A quarter of a million events come from the server and go to the disk meanwhile.
const CATCH_UP_MS_MAX = 60_000;
const OPENINGS = 7;
const OPENING_MS_MAX = 20_000;
const KEYS = 100;
// Between two keys of one person, at least, and how much longer it may be: that of somebody who
// types well. A key right behind the frame of the last would always wait for the whole next one.
const KEY_PAUSE_MS = 50;
const KEY_PAUSE_MORE_MS = 100;
const SEEKS = 300;
const TRIPS = 10;
const PLAY_MS = 4_000;
// What opening the time machine, seeking, comparing and playing may take at most.
const TRIP_MS_MAX = 300;
const SEEK_P95_MS_MAX = 50;
const SEEK_P99_MS_MAX = 100;
const DIFF_MS_MAX = 200;
const FRAMES_A_SECOND_MIN = 30;
// Of a key while somebody else types so many a second, and of the page after all of that.
const KEY_P95_MS_MAX = 16;
const OTHERS_KEYS_A_SECOND = 20;
const OTHERS_KEYS_A_SECOND_MIN = 12;
const PAGE_MB_MAX = 150;
const DRAGS = 5;
const DRAG_STEPS = 120;
const BLOCK_MS_MAX = 100;

function rank(samples, part) {
  const sorted = [...samples].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

const summary = (samples) => ({
  median: rank(samples, 0.5),
  p95: rank(samples, 0.95),
  p99: rank(samples, 0.99),
  max: Math.max(...samples),
  samples: samples.length,
});

/**
 * Milliseconds from opening the address to a text that can be written in, from this device; of
 * these, from the first look into the store; and from there until the history is read, too.
 */
async function openings(tab) {
  const samples = { whole: [], fromStore: [], past: [] };
  for (let i = 0; i < OPENINGS; i++) {
    await tab.page.reload();
    const sample = await tab.page.evaluate(async (limit) => {
      // The page's clock starts with its address, so this bounds the whole opening.
      const frame = () => new Promise((next, fail) => requestAnimationFrame(() => {
        performance.now() < limit ? next() : fail(new Error(`not open after ${limit} ms`));
      }));
      const editable = () => document.querySelector("[role=textbox][contenteditable=true]");
      while (!editable()) await frame();
      const whole = performance.now();
      const mark = (name) => performance.getEntriesByName(`palimpsest:${name}`)[0]?.startTime;
      while (!mark("past-read")) await frame();
      const start = mark("open-start");
      return { whole, fromStore: mark("editable") - start, past: mark("past-read") - start };
    }, OPENING_MS_MAX);
    for (const [name, value] of Object.entries(sample)) samples[name].push(value);
  }
  return samples;
}

/**
 * Milliseconds from `act` to the frame after the one in which it can be seen, in the page's
 * own clock. `act` and `seen` run in the page.
 */
const seeks = (tab, fractions) =>
  tab.timeline.evaluate(async (slider, fractions) => {
    const frame = () => new Promise((next) => requestAnimationFrame(() => next(performance.now())));
    const box = slider.getBoundingClientRect();
    const point = (kind, x) =>
      slider.dispatchEvent(new PointerEvent(kind, {
        bubbles: true, cancelable: true, pointerId: 1, pointerType: "mouse", isPrimary: true,
        button: 0, buttons: kind === "pointerup" ? 0 : 1, clientX: x, clientY: box.top + box.height / 2,
      }));
    const samples = [];
    for (const fraction of fractions) {
      const before = slider.getAttribute("aria-valuenow");
      const start = performance.now();
      point("pointerdown", box.left + fraction * box.width);
      point("pointerup", box.left + fraction * box.width);
      do await frame();
      while (slider.getAttribute("aria-valuenow") === before && performance.now() - start < 5000);
      // The frame in which the new text was laid out and painted ends before the next begins.
      samples.push((await frame()) - start);
    }
    return samples;
  }, fractions);

/**
 * Milliseconds from the key that leaves now to the frame after the one that shows the moment
 * before; and from the key that compares with now to the one that shows what changed.
 */
const trips = (tab, fractions) =>
  tab.timeline.evaluate(async (slider, fractions) => {
    const frame = () => new Promise((next) => requestAnimationFrame(() => next(performance.now())));
    const key = (name) => slider.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
    const until = async (look) => {
      const start = performance.now();
      do await frame();
      while (!look() && performance.now() - start < 5000);
      // The frame in which it was laid out and painted ends before the next begins.
      return (await frame()) - start;
    };
    const past = () => document.querySelector(".sheet.past:not([hidden]) .cm-line");
    const box = slider.getBoundingClientRect();
    const point = (kind, x) =>
      slider.dispatchEvent(new PointerEvent(kind, {
        bubbles: true, cancelable: true, pointerId: 1, pointerType: "mouse", isPrimary: true,
        button: 0, buttons: kind === "pointerup" ? 0 : 1, clientX: x, clientY: box.top + box.height / 2,
      }));
    const samples = { opened: [], compared: [] };
    for (const fraction of fractions) {
      key("End");
      await until(() => !past());
      key("ArrowLeft");
      samples.opened.push(await until(past));
      point("pointerdown", box.left + fraction * box.width);
      point("pointerup", box.left + fraction * box.width);
      for (let i = 0; i < 6; i++) await frame();
      key("c");
      samples.compared.push(await until(() => document.querySelector(".banner .counts")));
      key("c");
      for (let i = 0; i < 6; i++) await frame();
    }
    key("End");
    return samples;
  }, fractions);

/** Plays for a while as fast as can be chosen: frames a second, and how many showed another moment. */
async function playing(tab, fraction) {
  const box = await tab.timeline.boundingBox();
  await tab.page.mouse.click(box.x + box.width * fraction, box.y + box.height / 2);
  await tab.page.getByRole("combobox", { name: "Playback speed" }).selectOption("200");
  await tab.button("Play").click();
  const played = await tab.timeline.evaluate(async (slider, millis) => {
    const frame = () => new Promise((next) => requestAnimationFrame(() => next(performance.now())));
    let [frames, moments, longest, before] = [0, 0, 0, ""];
    const start = await frame();
    const from = Number(slider.getAttribute("aria-valuenow"));
    let last = start;
    while (last - start < millis) {
      const now = await frame();
      const shown = slider.getAttribute("aria-valuenow");
      frames++;
      if (shown !== before) moments++;
      longest = Math.max(longest, now - last);
      [before, last] = [shown, now];
    }
    const seconds = (last - start) / 1000;
    const edits = Number(slider.getAttribute("aria-valuenow")) - from;
    return { frames: frames / seconds, moments: moments / seconds, longest, edits: edits / seconds };
  }, PLAY_MS);
  await tab.button("Pause").click();
  return played;
}

async function backToNow(tab) {
  await tab.timelineKey("End");
  await until(async () => !(await tab.isPast()), "the present is shown");
}

/** Milliseconds from a key's event to the end of the frame that paints it, at most `most` keys. */
async function keystrokes(tab, most = KEYS, goesOn = () => true) {
  await tab.page.evaluate(() => {
    const listens = globalThis.keystrokes !== undefined;
    globalThis.keystrokes = [];
    if (listens) return;
    let pressed = 0;
    addEventListener("keydown", ({ timeStamp }) => (pressed = timeStamp), { capture: true });
    // The frame of the text, not one that began between the key and its letter.
    const written = () => {
      requestAnimationFrame(() => {
        // A task of its own right after the frame was painted.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => globalThis.keystrokes.push(performance.now() - pressed);
        port2.postMessage(0);
      });
    };
    addEventListener("input", written, { capture: true });
  });
  const next = random(7);
  for (let i = 1; i <= most && goesOn(); i++) {
    await tab.page.waitForTimeout(KEY_PAUSE_MS + KEY_PAUSE_MORE_MS * next());
    await tab.type(String.fromCharCode(97 + Math.floor(next() * 26)));
    await until(
      async () => (await tab.page.evaluate(() => globalThis.keystrokes.length)) >= i,
      "the key is painted",
    );
  }
  return tab.page.evaluate(() => globalThis.keystrokes);
}

/**
 * The same while a second person, in a browser page of their own on the same two processors,
 * types elsewhere in the document; and how many keys a second that one really typed.
 */
async function keystrokesBeside(tab, other) {
  const keys = "and so it goes on ".repeat(12);
  let typing = true;
  const start = performance.now();
  const typed = other.page.keyboard
    .type(keys, { delay: 1000 / OTHERS_KEYS_A_SECOND })
    .finally(() => (typing = false));
  const samples = await keystrokes(tab, 4 * KEYS, () => typing);
  await typed;
  return { samples, rate: (1000 * keys.length) / (performance.now() - start) };
}

/**
 * Megabytes that the page's process has for itself alone, the engine's own and the browser's
 * own share included, after everything unused was given back; `undefined` where the system
 * does not tell.
 */
async function memory(tab) {
  const page = await tab.person.context.newCDPSession(tab.page);
  await page.send("HeapProfiler.collectGarbage");
  await page.detach();
  const browser = await tab.person.context.browser().newBrowserCDPSession();
  const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
  await browser.detach();
  const own = await Promise.all(processInfo.filter(({ type }) => type === "renderer").map(async ({ id }) => {
    const words = await readFile(`/proc/${id}/smaps_rollup`, "utf8").catch(() => "");
    const kilobytes = [...words.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm)];
    return kilobytes.reduce((sum, [, number]) => sum + Number(number), 0) / 1000;
  }));
  // Other pages of the browser are empty, or have less of the document.
  return Math.max(...own) || undefined;
}

/**
 * Drags through all of time and back. Returns the longest task of the page's main thread, as
 * the browser's own trace has it: by the clock, and in processor time, which other programs
 * on the machine cannot make longer.
 */
async function drag(tab) {
  const devtools = await tab.person.context.newCDPSession(tab.page);
  const events = [];
  devtools.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const complete = new Promise((resolve) => devtools.once("Tracing.tracingComplete", resolve));
  const traceConfig = { includedCategories: ["toplevel"], excludedCategories: ["*"] };
  await devtools.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });

  const box = await tab.timeline.boundingBox();
  const { mouse } = tab.page;
  const y = box.y + box.height / 2;
  await mouse.move(box.x + box.width - 2, y);
  await mouse.down();
  const revisions = new Set();
  for (let i = 0; i <= DRAG_STEPS; i++) {
    const from = 1 - Math.abs(1 - (2 * i) / DRAG_STEPS);
    await mouse.move(box.x + box.width * (1 - from), y);
    if (i % 10 === 0) revisions.add(await tab.revision());
  }
  await mouse.up();

  await devtools.send("Tracing.end");
  await complete;
  await devtools.detach();
  return { ...longestTask(events), revisions: revisions.size };
}

/** The longest tasks of the busiest page in a trace, in milliseconds. */
function longestTask(events) {
  const threads = new Map();
  const named = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  for (const { pid, tid } of named) threads.set(`${pid}:${tid}`, []);
  for (const event of events) {
    const isTask = event.ph === "X" && event.name.endsWith("RunTask");
    if (isTask) threads.get(`${event.pid}:${event.tid}`)?.push(event);
  }
  const tasks = [...threads.values()].sort((one, other) => other.length - one.length)[0];
  assert.ok(tasks?.length > DRAG_STEPS, "the trace holds the drag");
  assert.ok(tasks.some(({ tdur }) => tdur > 0), "the trace has processor times");
  return {
    clock: Math.max(...tasks.map(({ dur }) => dur)) / 1000,
    processor: Math.max(...tasks.map(({ tdur }) => tdur ?? 0)) / 1000,
    tasks: tasks.length,
  };
}

const ms = (n) => (n < 10 ? n.toFixed(1) : Math.round(n).toString());

/** The bars that were not reached, in words. */
function missed({ opened, seek, compared, played, beside, megabytes }) {
  const slowest = Math.min(...played.map(({ frames }) => frames));
  const bars = [
    ["opening the time machine", opened.p95, TRIP_MS_MAX],
    ["95 of 100 seeks", seek.p95, SEEK_P95_MS_MAX],
    ["99 of 100 seeks", seek.p99, SEEK_P99_MS_MAX],
    ["the first comparison", compared.p95, DIFF_MS_MAX],
    ["95 of 100 keys beside another typist", beside.p95, KEY_P95_MS_MAX],
  ];
  const words = bars
    .filter(([, found, most]) => found > most)
    .map(([what, found, most]) => `Missed: ${what} took ${ms(found)} ms, ${most} ms is the bar.`);
  if (slowest < FRAMES_A_SECOND_MIN) {
    words.push(`Missed: ${ms(slowest)} frames a second while playing, ${FRAMES_A_SECOND_MIN} is the bar.`);
  }
  if (megabytes > PAGE_MB_MAX) {
    words.push(`Missed: the page has ${ms(megabytes)} MB, ${PAGE_MB_MAX} MB is the bar.`);
  }
  return words.length ? words : ["Every bar of the time machine was reached."];
}

function table(measured) {
  const row = (name, { median, p95, max, samples }) =>
    `| ${name} | ${ms(median)} ms | ${ms(p95)} ms | ${ms(max)} ms | ${samples} |`;
  return [
    `Measured in Chromium ${measured.browser} on ${measured.processors} (load ${measured.load}), ` +
      `on a document of ${measured.edits.toLocaleString("en")} edits (${TRACE}).`,
    "",
    "| what | median | 95 of 100 | longest | samples |",
    "|---|---|---|---|---|",
    row("open the address until the text can be edited", measured.opening),
    row("of that, from the device's store to editable", measured.fromStore),
    row("from there until the history is read behind it", measured.past),
    row("open the time machine, until the moment before is painted", measured.opened),
    row("a seek on the timeline, until it is painted", measured.seek),
    row("the first comparison with now, until it is painted", measured.compared),
    row("a keystroke, until it is painted", measured.keystroke),
    row("the same while somebody else types", measured.beside),
    row("longest task in a drag of the timeline, by the clock", measured.dragClock),
    row("the same, in processor time", measured.dragProcessor),
    "",
    `Of the seeks, 99 of 100 took at most ${ms(measured.seek.p99)} ms. Played at 200 edits a second, ` +
      `${measured.played.map(({ frames }) => ms(frames)).join(", ")} frames a second ` +
      `(${measured.played.map(({ moments }) => ms(moments)).join(", ")} of them another moment). ` +
      `Somebody else typed ${ms(measured.rate)} keys a second. ` +
      (measured.megabytes
        ? `Before anybody else came, the page's process had ${ms(measured.megabytes)} MB to itself.`
        : "How much memory the page has cannot be seen on this system."),
    "",
    ...missed(measured),
    "",
  ].join("\n");
}

story("a document of a quarter of a million edits stays quick", async (stage, t) => {
  const file = await findTrace(TRACE);
  if (!file) {
    t.skip(`${TRACE} is not here: PALIMPSEST_TRACES may name the folder`);
    return;
  }
  const server = await stage.emptyServer();
  const id = await server.importTrace(file, "A quarter of a million edits");
  await server.start();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.open("/");
  await tab.readyForOffline();
  await tab.go(`/d/${id}`);
  await tab.saved(CATCH_UP_MS_MAX);
  const edits = await tab.last();
  // It is written after the log; a reload before that would open without it.
  await until(() => snapshot(tab.page, id), "something is kept to open it by");

  const opening = await openings(tab);
  await tab.saved();
  const next = random(42);
  const seek = await seeks(tab, Array.from({ length: SEEKS }, () => 0.02 + 0.96 * next()));
  const trip = await trips(tab, Array.from({ length: TRIPS }, () => 0.05 + 0.9 * next()));
  const played = [];
  for (const fraction of [0.1, 0.5, 0.9]) played.push(await playing(tab, fraction));
  await backToNow(tab);
  await tab.caret();
  const keystroke = await keystrokes(tab);
  await tab.saved();

  const drags = [];
  for (let i = 0; i < DRAGS; i++) drags.push(await drag(tab));
  await backToNow(tab);
  const megabytes = await memory(tab);

  const other = await (await stage.person(server, "Jonas")).open(`/d/${id}`);
  await other.saved(CATCH_UP_MS_MAX);
  await other.page.keyboard.press("Control+Home");
  await other.page.keyboard.press("ArrowDown");
  await tab.caret();
  const beside = await keystrokesBeside(tab, other);

  const processors = cpus();
  const measured = {
    browser: ana.context.browser().version(),
    processors: `${processors.length} × ${processors[0].model}`,
    load: loadavg()[0].toFixed(1),
    edits,
    opening: summary(opening.whole),
    fromStore: summary(opening.fromStore),
    past: summary(opening.past),
    opened: summary(trip.opened),
    compared: summary(trip.compared),
    played,
    seek: summary(seek),
    keystroke: summary(keystroke),
    beside: summary(beside.samples),
    rate: beside.rate,
    megabytes,
    dragClock: summary(drags.map(({ clock }) => clock)),
    dragProcessor: summary(drags.map(({ processor }) => processor)),
    drags,
  };
  const words = table(measured);
  await writeFile(await artifact("measurements.md"), words);
  await writeFile(await artifact("measurements.json"), `${JSON.stringify(measured, null, 2)}\n`);
  t.diagnostic(`\n${words}`);
  assert.ok(drags.every(({ revisions }) => revisions > 5), "the drags went through time");
  assert.ok(
    beside.rate > OTHERS_KEYS_A_SECOND_MIN && beside.samples.length > KEYS / 2,
    `two people typed: ${ms(beside.rate)} keys a second, ${beside.samples.length} samples`,
  );
  // By the clock, a page waits for whatever else the machine does; the promise is about what
  // the page itself needs. On a machine with nothing else to do the two are the same.
  const longest = measured.dragProcessor.max;
  assert.ok(longest < BLOCK_MS_MAX, `a drag keeps the page busy for ${ms(longest)} ms`);
}, STORY_MS_MAX);
