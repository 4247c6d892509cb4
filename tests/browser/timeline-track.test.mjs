// The line of time: what its distances mean, how near one looks, what stands out on it, and
// that keys alone and a finger alone get everywhere.
import assert from "node:assert/strict";
import { chronicled } from "./scenes.mjs";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

/** Somebody with the document that three people wrote over two weeks, in seven sittings. */
async function checklist(stage, options = {}, path = "") {
  const { server, id } = await chronicled(stage);
  const mira = await stage.person(server, "Mira", options);
  const tab = await mira.open(`/d/${id}${path}`);
  await tab.timeline.waitFor();
  await tab.saved();
  return { server, mira, tab, id };
}

const axis = (tab, name) => tab.page.getByRole("radio", { name, exact: true });
const head = async (tab) => (await tab.page.locator(".line .head").boundingBox()).x;
const bars = (tab) => tab.page.locator(".line path").evaluateAll((all) => all.map((one) => one.getAttribute("d")).join());

story("the line shows sessions, edits or the clock", async (stage) => {
  const { tab } = await checklist(stage);
  assert.ok(await axis(tab, "Sessions").isChecked());
  await becomes(() => tab.page.locator(".line .break").count(), 6, "a gap between the sittings");
  const last = await tab.last();
  await tab.follow(`/d/${tab.id}?at=${Math.round(last / 2)}`);
  const places = new Set();
  for (const name of ["Sessions", "Clock", "Edits"]) {
    await axis(tab, name).check({ force: true });
    await tab.page.waitForTimeout(150);
    places.add(Math.round(await head(tab)));
    assert.equal(await tab.revision(), Math.round(last / 2), "the moment stays the same");
  }
  assert.equal(places.size, 3, `a moment is elsewhere on each axis: ${[...places]}`);
  await becomes(() => tab.page.locator(".line .break").count(), 0, "no gaps between edits");
  const authors = await tab.page.locator(".line path").evaluateAll((all) => new Set(all.map((one) => one.style.fill)).size);
  assert.equal(authors, 3, "a band for each author");
});

story("zooming in keeps what is under the pointer there", async (stage) => {
  const { tab } = await checklist(stage);
  await axis(tab, "Edits").check({ force: true });
  const box = await tab.timeline.boundingBox();
  const [x, y] = [box.x + box.width * 0.3, box.y + box.height / 2];
  const now = await tab.revision();
  await tab.page.mouse.click(x, y);
  const there = await until(async () => {
    const revision = await tab.revision();
    return revision < now && revision;
  }, "the revision that was clicked");
  const whole = await bars(tab);
  for (let i = 0; i < 6; i++) await tab.page.mouse.wheel(0, -250);
  await until(async () => (await bars(tab)) !== whole, "the bars of what is seen");
  await tab.page.locator(".track .overview").waitFor();
  // Half an edit, as wide as edits are now.
  assert.ok(Math.abs((await head(tab)) + 1 - x) < box.width / 24, "the moment is still under the pointer");
  await tab.page.mouse.click(x + 3, y);
  assert.ok(Math.abs((await tab.revision()) - there) <= 1, "and a click there finds it");
  // The head takes the line along when it leaves it.
  await tab.timelineKey("Home");
  await tab.standsAt(1);
  await tab.page.locator(".line .head").waitFor();
  await tab.timelineKey("0");
  await becomes(() => bars(tab), whole, "the whole line again");
  await tab.timelineKey("+");
  await tab.page.locator(".track .overview").waitFor();
  await tab.button("Zoom out").click();
  await becomes(() => bars(tab), whole, "the whole line by the button");
});

story("pointing at the line says when, who and what", async (stage) => {
  const { tab } = await checklist(stage);
  const box = await tab.timeline.boundingBox();
  await tab.page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
  const card = tab.page.locator(".track .card");
  const words = await card.innerText();
  assert.match(words, /\d\d:\d\d:\d\d/);
  assert.match(words, /(Mira|Ana|Jonas).* wrote/);
  assert.match(words, /edit \d+ of \d+ · Session \d of 7 · \d+ characters? (written|removed)/);
  await tab.page.mouse.move(box.x, box.y - 300);
  await card.waitFor({ state: "detached" });
});

story("keys alone go through sittings, authors and marks, zoom, play and come back", async (stage) => {
  const { tab } = await checklist(stage);
  const last = await tab.last();
  await tab.timelineKey("Home");
  await tab.standsAt(1);
  const begins = [1];
  for (let i = 0; i < 6; i++) {
    await tab.page.keyboard.press("PageDown");
    await until(async () => (await tab.revision()) > begins.at(-1), "the next sitting");
    begins.push(await tab.revision());
  }
  await tab.page.keyboard.press("PageDown");
  await tab.standsAt(last);
  assert.ok(!(await tab.isPast()), "behind the last sitting is now");
  await tab.page.keyboard.press("PageUp");
  await tab.standsAt(begins.at(-1));
  await tab.page.keyboard.press("PageUp");
  await tab.standsAt(begins.at(-2));
  const spoken = () => tab.timeline.getAttribute("aria-valuetext");
  const author = async () => /(Mira|Ana|Jonas)/.exec(await spoken())[1];
  const before = await author();
  await tab.page.keyboard.press("ArrowDown");
  await until(async () => (await author()) !== before, "another author");
  assert.match(await spoken(), /^Edit \d+ of \d+, .*\d\d:\d\d:\d\d, .*(written|removed)/);
  await tab.page.keyboard.press("Shift+ArrowLeft");
  await tab.page.keyboard.press("[");
  await tab.page.keyboard.press("Home");
  await tab.standsAt(1);
  await tab.page.keyboard.press("Space");
  await until(async () => (await tab.revision()) > 2, "it plays");
  await tab.page.keyboard.press("Space");
  await tab.button("Play").waitFor();
  await tab.page.keyboard.press("Escape");
  await until(async () => !(await tab.isPast()), "now");
});

story("a paste, an undo and a named version stand out, and keys go from one to the next", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.create();
  await tab.append("first. ");
  await tab.saved();
  await tab.paste("pasted. ");
  await tab.saved();
  const pasted = await tab.last();
  await tab.append("more. ");
  await tab.saved();
  await tab.page.keyboard.press("Control+Z");
  await tab.saved();
  const undone = await tab.last();
  await tab.button("Name this version").click();
  await tab.page.getByRole("textbox", { name: "Name of the version" }).fill("agreed");
  await tab.button("Save").click();
  const marks = tab.page.getByRole("group", { name: "Marks on the line" });
  await marks.getByTitle(/Pasted text by/).waitFor();
  await marks.getByTitle(/agreed/).waitFor();
  const shapes = await marks.locator("path").evaluateAll((all) => all.map((one) => one.getAttribute("d")));
  assert.equal(new Set(shapes).size, shapes.length, "each kind has a shape of its own");
  await tab.timelineKey("Home");
  await tab.standsAt(1);
  await tab.page.keyboard.press("]");
  await tab.standsAt(pasted);
  await tab.page.keyboard.press("Alt+ArrowRight");
  await tab.standsAt(undone);
  await tab.page.keyboard.press("Control+ArrowLeft");
  await tab.standsAt(pasted);
  // The same as a list, for ears and for keys.
  await tab.button("Versions and marks").focus();
  await tab.page.keyboard.press("Enter");
  const panel = tab.page.getByRole("complementary", { name: "Versions and marks" });
  await panel.getByRole("button", { name: /Undone or redone/ }).focus();
  await tab.page.keyboard.press("Enter");
  await tab.standsAt(undone);
});

story("versions are listed, gone to, renamed and their names taken away", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.create();
  await tab.append("a draft");
  await tab.saved();
  const revision = await tab.last();
  await tab.button("Name this version").click();
  await tab.page.getByRole("textbox", { name: "Name of the version" }).fill("draft");
  await tab.button("Save").click();
  await tab.append(" and more");
  await tab.saved();
  await tab.button("Versions and marks").click();
  const panel = tab.page.getByRole("complementary", { name: "Versions and marks" });
  await panel.getByRole("button", { name: /^draft/ }).click();
  await tab.standsAt(revision);
  await tab.shows("a draft");
  await panel.getByRole("button", { name: "Rename “draft”" }).click();
  await panel.getByRole("textbox", { name: "Name of the version" }).fill("first draft");
  await panel.getByRole("button", { name: "Save" }).click();
  await tab.page.getByRole("group", { name: "Marks on the line" }).getByTitle("first draft").waitFor();
  await panel.getByRole("button", { name: "Remove name “first draft”" }).click();
  await tab.page.getByRole("group", { name: "Marks on the line" }).getByTitle("first draft").waitFor({ state: "detached" });
  await tab.button("Undo").click();
  await tab.page.getByRole("group", { name: "Marks on the line" }).getByTitle("first draft").waitFor();
});

story("a named moment is renamed where one stands, and an emptied name is taken away", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.create();
  await tab.append("a draft");
  await tab.saved();
  const revision = await tab.last();
  const marks = tab.page.getByRole("group", { name: "Marks on the line" });
  const field = tab.page.getByRole("textbox", { name: "Name of the version" });
  await tab.button("Name this version").click();
  await field.fill("draft");
  await tab.button("Save").click();
  // Now is still what was named: giving a name changes nothing in the text.
  await tab.button("Rename version").click();
  await tab.page.getByRole("dialog", { name: "Rename version" }).waitFor();
  assert.equal(await field.inputValue(), "draft");
  await field.fill("first draft");
  await tab.button("Save").click();
  await marks.getByTitle("first draft").waitFor();
  assert.equal(await marks.getByRole("button").count(), 1, "one moment, one name");
  await tab.append(" and more");
  await tab.saved();
  await tab.button("Name this version").waitFor();
  await tab.follow(`/d/${tab.id}?at=${revision}`);
  await tab.standsAt(revision);
  // From the palette as well.
  await tab.page.keyboard.press("Control+k");
  await tab.type("rename version");
  await tab.page.keyboard.press("Enter");
  assert.equal(await field.inputValue(), "first draft");
  await field.fill("");
  await tab.button("Save").click();
  await tab.page.getByText("Name removed.").waitFor();
  await marks.getByTitle("first draft").waitFor({ state: "detached" });
  await tab.button("Name this version").waitFor();
});

story("a finger scrubs, and goes finer away from the line", async (stage) => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const { tab } = await checklist(stage, phone);
  const devtools = await tab.person.context.newCDPSession(tab.page);
  const box = await tab.timeline.boundingBox();
  const touch = (type, x, y) => devtools.send("Input.dispatchTouchEvent", {
    type, touchPoints: type === "touchEnd" ? [] : [{ x, y }],
  });
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await touch("touchStart", x, y);
  await touch("touchMove", x + 1, y);
  await until(() => tab.isPast(), "the past under the finger");
  await tab.page.getByText("Move away from the line to go slower").waitFor();
  const start = await tab.revision();
  await touch("touchMove", x + 1, y - 200);
  await tab.page.getByText("Very fine: a twentieth").waitFor();
  for (let i = 1; i <= 40; i++) await touch("touchMove", x + 1 + i, y - 200);
  await tab.page.waitForTimeout(100);
  const fine = Math.abs((await tab.revision()) - start);
  await touch("touchMove", x + 41, y);
  for (let i = 1; i <= 40; i++) await touch("touchMove", x + 41 + i, y);
  await tab.page.waitForTimeout(100);
  const coarse = Math.abs((await tab.revision()) - start);
  await touch("touchEnd");
  assert.ok(fine <= 3 && coarse > 8, `fine ${fine}, coarse ${coarse}`);
  for (const name of ["Previous edit", "Next edit", "Play"]) {
    const size = await tab.button(name).boundingBox();
    assert.ok(size.width >= 44 && size.height >= 44, `${name} can be hit: ${size.width}`);
  }
  const sideways = await tab.page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(sideways <= 0, `nothing scrolls sideways: ${sideways}`);
});

story("the text stays where it is when the history is read", async (stage) => {
  const { tab, id, mira } = await checklist(stage);
  for (const width of [1440, 1000, 390]) {
    await tab.page.setViewportSize({ width, height: 800 });
    const heights = await tab.page.evaluate(() => {
      const time = document.querySelector(".time");
      const read = time.getBoundingClientRect().height;
      // What stands there while the history is read, as the app draws it.
      const unread = document.createElement("section");
      unread.className = "time unread now";
      unread.innerHTML = '<div class="controls"><p class="when">…</p></div><div class="track"></div><div class="ticks"></div>';
      time.replaceWith(unread);
      const before = unread.getBoundingClientRect().height;
      unread.replaceWith(time);
      return [before, read];
    });
    assert.equal(heights[0], heights[1], `equally high at ${width}`);
  }
  assert.ok(id && mira);
});
