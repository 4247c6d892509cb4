// Windows of every width, from a small phone to a large screen: what the time machine says is
// whole, and no control lies on another one or outside of the page.
import assert from "node:assert/strict";
import { chronicled } from "./scenes.mjs";
import { story } from "./stage.mjs";

const WIDTHS = [320, 360, 390, 480, 600, 768, 899, 900, 960, 1024, 1120, 1239, 1240, 1280, 1366, 1440, 1600, 1920];

/** What is wrong with the time machine's controls as they stand: nothing, or a list. */
function faults() {
  const wrong = [];
  const box = (element) => element.getBoundingClientRect();
  const when = document.querySelector(".controls .when");
  if (when.scrollWidth > when.clientWidth || when.scrollHeight > when.clientHeight + 1) {
    wrong.push(`cut: ${when.innerText}`);
  }
  const words = document.createRange();
  words.selectNodeContents(when);
  const lines = new Set([...words.getClientRects()].map(({ bottom }) => Math.round(bottom / 6)));
  if (lines.size > 3) wrong.push(`${lines.size} lines: ${when.innerText}`);
  const strip = box(document.querySelector(".time"));
  const seen = [...document.querySelectorAll(".controls :is(button, select, .choice, .when)")]
    .filter((element) => box(element).width > 0);
  const settings = document.querySelector(".settings");
  // What scrolls sideways under a finger goes on beyond the edge.
  const scrolls = (element) => settings.contains(element) && getComputedStyle(settings).overflowX === "auto";
  for (const one of seen) {
    const { left, right, top, bottom } = box(one);
    if (!scrolls(one) && (left < strip.left - 1 || right > strip.right + 1)) wrong.push(`outside: ${one.innerText || one.title}`);
    if (top < strip.top || bottom > strip.bottom) wrong.push(`above or below: ${one.innerText || one.title}`);
    for (const other of seen) {
      if (one === other || one.contains(other) || other.contains(one)) continue;
      const there = box(other);
      const wide = Math.min(right, there.right) - Math.max(left, there.left);
      const high = Math.min(bottom, there.bottom) - Math.max(top, there.top);
      if (wide > 1 && high > 1) wrong.push(`${one.innerText || one.title} lies on ${other.innerText || other.title}`);
    }
  }
  const track = box(document.querySelector(".track"));
  if (seen.some((one) => box(one).bottom > track.top + 1)) wrong.push("a control lies on the line of time");
  return wrong;
}

/** What is wrong with the bar of a comparison. */
function barFaults() {
  const bar = document.querySelector(".comparison");
  const { left, right, top } = bar.getBoundingClientRect();
  const parts = [...bar.children].map((element) => [element.innerText || element.title, element.getBoundingClientRect()]);
  const wrong = [];
  const scrolls = getComputedStyle(bar).overflowX === "auto";
  for (const [name, box] of parts) {
    if (!scrolls && (box.left < left || box.right > right)) wrong.push(`outside: ${name}`);
    for (const [other, there] of parts) {
      const wide = Math.min(box.right, there.right) - Math.max(box.left, there.left);
      const high = Math.min(box.bottom, there.bottom) - Math.max(box.top, there.top);
      if (name < other && wide > 1 && high > 1) wrong.push(`${name} lies on ${other}`);
    }
  }
  const [name, close] = parts.at(-1);
  if (!scrolls && close.top - top > 12) wrong.push(`${name} is in another row`);
  return wrong;
}

story("what the time machine says is whole at every width, now and in the past", async (stage) => {
  const { server, id } = await chronicled(stage);
  const tab = await (await stage.person(server, "Ana")).open(`/d/${id}`);
  await tab.saved();
  const at = (await tab.last()) - 70;
  for (const path of [`/d/${id}`, `/d/${id}?at=${at}`, `/d/${id}?from=${at - 9}&to=${at}`]) {
    await tab.go(path);
    await tab.timeline.waitFor();
    if (path.includes("at=")) await tab.standsAt(at);
    if (path.includes("from")) await tab.page.getByRole("group", { name: "Comparison" }).waitFor();
    for (const width of WIDTHS) {
      await tab.page.setViewportSize({ width, height: 800 });
      // One frame to lay it out, one for what looks at its size.
      await tab.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const wrong = await tab.page.evaluate(faults);
      if (path.includes("from")) wrong.push(...(await tab.page.evaluate(barFaults)));
      assert.deepEqual(wrong, [], `${path} at ${width} pixels`);
    }
  }
});
