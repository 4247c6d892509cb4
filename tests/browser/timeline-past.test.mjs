// Reading the past: two moments compared, who wrote what, the present beside it, pieces and
// whole versions brought back, links to moments and ranges, and playing.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { history } from "./scenes.mjs";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

const banner = (tab) => tab.page.getByRole("region", { name: "You are reading" });
const past = (tab) => tab.page.locator(".sheet.past:not(.later) .cm-content");
const address = (tab) => new URL(tab.page.url());

story("any two moments are compared with two handles, by keys", async (stage) => {
  const { tab, versions } = await history(stage);
  await tab.follow(`/d/${tab.id}?at=${versions[1].revision}`);
  await tab.standsAt(versions[1].revision);
  await tab.timelineKey("c");
  const other = tab.page.getByRole("slider", { name: "Compared with" });
  await other.focus();
  await tab.page.keyboard.press("End");
  await tab.page.keyboard.press("ArrowLeft");
  await becomes(async () => Number(await other.getAttribute("aria-valuenow")), versions[4].revision - 1, "the other handle");
  const added = versions[3].text.length - versions[1].text.length;
  await until(async () => new RegExp(`${added} added, 0 removed until`).test(await banner(tab).innerText()), "what was added between");
  await becomes(() => tab.page.getByRole("insertion").getAttribute("data-text"), " three four", "the addition");
  await becomes(() => address(tab).search, `?from=${versions[1].revision}&to=${versions[3].revision}`, "the address of the range");
  // The earlier of the two is the one that is read, whichever handle it is.
  await tab.timelineKey("End");
  await until(async () => !(await tab.isPast()), "End is now");
});

story("a comparison is there also when it is asked for from now, by a link or by a key", async (stage) => {
  const { tab, versions } = await history(stage);
  const changes = tab.page.getByRole("group", { name: "Comparison" }).getByText("1 change");
  await tab.follow(`/d/${tab.id}?from=${versions[1].revision}`);
  await changes.waitFor();
  await becomes(() => tab.page.getByRole("insertion").getAttribute("data-text"), " three four five", "the addition");
  await tab.button("Back to now").click();
  await until(async () => !(await tab.isPast()), "now again");
  await tab.timelineKey("c");
  await changes.waitFor();
});

story("a button that goes away leaves the keyboard on the line of time", async (stage) => {
  const { tab, versions } = await history(stage);
  await tab.go(`/d/${tab.id}?from=${versions[1].revision}`);
  for (const name of ["Stop comparing", "Back to now"]) {
    // Tab makes it known that keys are used.
    await tab.button(name).focus();
    await tab.page.keyboard.press("Shift+Tab");
    await tab.page.keyboard.press("Tab");
    await tab.page.keyboard.press("Enter");
    await tab.button(name).waitFor({ state: "hidden" });
    assert.ok(await tab.timeline.evaluate((line) => line === document.activeElement), name);
  }
});

story("changes are gone through one by one, inline and side by side", async (stage) => {
  const lines = Array.from({ length: 60 }, (_, nth) => `Line number ${nth}.\n`).join("");
  const { tab } = await history(stage, ["start\n"]);
  await tab.paste(lines);
  await tab.saved();
  const from = await tab.last();
  for (const at of [6, 700]) {
    await tab.caret();
    await tab.page.keyboard.press("Control+Home");
    if (at > 6) await tab.page.keyboard.press("Control+End");
    await tab.type("changed ");
    await tab.saved();
  }
  await tab.go(`/d/${tab.id}?from=${from}`);
  const bar = tab.page.getByRole("group", { name: "Comparison" });
  await bar.getByText("2 changes").waitFor();
  await tab.page.keyboard.press("F7");
  await bar.getByText("Change 1 of 2").waitFor();
  await tab.timelineKey("n");
  await bar.getByText("Change 2 of 2").waitFor();
  await until(() => past(tab).locator(".cm-current, .cm-current-line").first().isVisible(), "the change is in view");
  await tab.page.keyboard.press("Shift+F7");
  await bar.getByText("Change 1 of 2").waitFor();
  await bar.getByRole("radio", { name: "Side by side" }).check({ force: true });
  const later = tab.page.locator(".sheet.later");
  await later.locator("ins.cm-added").first().waitFor();
  await tab.button("Next change").click();
  const scrolled = (sheet) => sheet.locator(".cm-scroller").evaluate((one) => one.scrollTop);
  await until(async () => (await scrolled(later)) > 100, "the later text scrolled");
  const left = tab.page.locator(".sheet.past:not(.later)");
  await left.locator(".cm-scroller").evaluate((one) => (one.scrollTop = 0));
  await until(async () => (await scrolled(later)) < 20, "both scroll together");
});

story("a comparison that makes the text longer leaves its end where one reads it", async (stage) => {
  const paragraphs = (name) => Array.from({ length: 30 }, (_, nth) => `${name} ${nth}.\n\n`).join("");
  const { tab } = await history(stage, ["start\n\n"]);
  await tab.paste(paragraphs("Before"));
  await tab.saved();
  const at = await tab.last();
  await tab.paste(paragraphs("After"));
  await tab.saved();
  await tab.follow(`/d/${tab.id}?at=${at}`);
  await tab.standsAt(at);
  const scroller = tab.page.locator(".sheet.past:not(.later) .cm-scroller");
  await tab.page.waitForTimeout(300);
  await scroller.evaluate((one) => (one.scrollTop = one.scrollHeight));
  await tab.page.waitForTimeout(300);
  const line = past(tab).getByText("Before 29.", { exact: true });
  const { y } = await line.boundingBox();
  await tab.button("Compare with now").click();
  await tab.page.getByRole("insertion").first().waitFor();
  const moved = async () => Math.abs((await line.boundingBox()).y - y);
  // The bar of the comparison takes a little of the room above.
  await until(async () => (await moved()) < 130, "the line is where it was");
  await tab.page.waitForTimeout(300);
  assert.ok((await moved()) < 130, "and stays there");
});

story("a ticked task is seen in a comparison", async (stage) => {
  const { tab, versions } = await history(stage, ["- [ ] water the plants"]);
  await tab.page.getByRole("checkbox", { name: "water the plants" }).click();
  await tab.saved();
  await tab.go(`/d/${tab.id}?from=${versions[0].revision}`);
  await tab.page.getByRole("img", { name: "Ticked" }).waitFor();
});

story("restoring shows first what it would change, and a toast takes it back", async (stage) => {
  const { server, tab, versions, now } = await history(stage);
  const jonas = await stage.person(server, "Jonas");
  const other = await jonas.open(`/d/${tab.id}`);
  await other.shows(now);
  await tab.follow(`/d/${tab.id}?at=${versions[1].revision}`);
  await tab.standsAt(versions[1].revision);
  await tab.button("Restore this version").click();
  const dialog = tab.page.getByRole("dialog", { name: "Restore this version" });
  const words = await dialog.innerText();
  assert.match(words, /would add 0 characters and remove 16, at 1 place/);
  assert.match(words, /Others keep their work/);
  assert.equal(await dialog.locator("del").innerText(), " three four five");
  await tab.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.ok(await tab.isPast(), "Escape closes the preview and nothing else");
  await tab.button("Restore this version").click();
  await tab.button("Restore").click();
  await tab.shows(versions[1].text);
  await tab.saved();
  await other.shows(versions[1].text);
  await tab.page.getByRole("log").getByRole("button", { name: "Undo" }).click();
  await tab.shows(now);
  await other.shows(now);
});

story("a piece of the past is copied into now where the caret was, by keys", async (stage) => {
  const { tab, versions } = await history(stage, ["keep this.", " rest"]);
  await tab.page.keyboard.press("Control+A");
  await tab.type("new text ");
  await tab.saved();
  await tab.follow(`/d/${tab.id}?at=${versions[0].revision}`);
  await tab.standsAt(versions[0].revision);
  await tab.shows("keep this.");
  await past(tab).focus();
  await tab.page.keyboard.press("Control+Home");
  for (let i = 0; i < 4; i++) await tab.page.keyboard.press("Shift+ArrowRight");
  await tab.button("Copy into now").waitFor();
  await tab.page.keyboard.press("Control+Enter");
  await tab.page.getByText("Copied into now.").waitFor();
  assert.ok(await tab.isPast(), "one goes on reading");
  await tab.page.keyboard.press("Escape");
  await tab.page.keyboard.press("Escape");
  await tab.shows("new text keep");
  await tab.saved();
  await tab.timelineKey("ArrowLeft");
  await tab.timelineKey("]");
  await tab.page.getByTitle(/Pasted text by/).first().waitFor();
});

story("the present goes on beside the past, and can be written in", async (stage) => {
  const { server, tab, versions, now } = await history(stage);
  const jonas = await stage.person(server, "Jonas");
  const other = await jonas.open(`/d/${tab.id}`);
  await tab.follow(`/d/${tab.id}?at=${versions[0].revision}`);
  await tab.standsAt(versions[0].revision);
  await tab.button("Now beside").click();
  const live = tab.page.locator(".sheet.live .cm-content");
  await live.waitFor();
  await other.append(" and six");
  await other.saved();
  const textOf = (content) => content.evaluate((one) => globalThis.palimpsestEditor.textOf(one));
  await becomes(() => textOf(live), `${now} and six`, "the present goes on");
  await live.focus();
  await tab.page.keyboard.press("Control+End");
  await tab.type(" and seven");
  await becomes(() => textOf(past(tab)), "one", "the past stays as it was");
  await tab.saved();
  await other.shows(`${now} and six and seven`);
  await tab.button("Back to now").click();
  await past(tab).waitFor({ state: "detached" });
  await tab.shows(`${now} and six and seven`);
});

story("the text is coloured by who wrote it, now and then, with a legend that needs no colours", async (stage) => {
  const { server, tab, versions } = await history(stage, ["Ana wrote this."]);
  const jonas = await stage.person(server, "Jonas");
  const other = await jonas.open(`/d/${tab.id}`);
  await other.introduce("Jonas", 2);
  await other.append(" Jonas wrote that.");
  await other.saved();
  await tab.showsPart("that.");
  await tab.button("Authors").click();
  const live = tab.page.locator(".sheet.live .cm-author");
  await until(async () => (await live.count()) === 2, "two authors");
  const styles = await live.evaluateAll((all) => all.map((one) => getComputedStyle(one).textDecorationStyle));
  assert.notEqual(styles[0], styles[1], "they differ without colour");
  await tab.page.locator(".legend").getByText("Jonas", { exact: true }).waitFor();
  await live.last().hover();
  await until(async () => /^Jonas, .*\d\d:\d\d/.test(await tab.page.locator(".cm-who").innerText()), "who and when");
  await tab.follow(`/d/${tab.id}?at=${versions[0].revision}`);
  await tab.standsAt(versions[0].revision);
  await until(async () => (await tab.page.locator(".sheet.past .cm-author").count()) === 1, "the author of then");
});

story("a link opens a range, a speed, and plays by itself", async (stage) => {
  const { tab, versions } = await history(stage);
  const [from, to] = [versions[0].revision, versions[3].revision];
  await tab.go(`/d/${tab.id}?from=${from}&to=${to}&speed=2&play=1`);
  assert.equal(await tab.page.getByRole("combobox", { name: "Playback speed" }).inputValue(), "2");
  await until(async () => (await tab.revision()) > from, "it plays");
  await tab.standsAt(to);
  await tab.button("Play").waitFor();
  await until(() => banner(tab).getByText(/added, 0 removed until/).isVisible(), "it ends with the range compared");
  await tab.button("Copy link to this range").click();
  const link = await until(() => tab.page.evaluate(() => navigator.clipboard.readText()), "a link");
  assert.match(link, new RegExp(`\\?from=${from}&to=${to}&speed=2$`));
  await tab.button("Play in 10 seconds").click();
  await until(async () => (await tab.revision()) < to, "the range again");
});

story("an address that can be no moment is corrected, once and with words", async (stage) => {
  const { tab, now } = await history(stage);
  for (const bad of ["99999999", "0", "x"]) {
    await tab.go(`/d/${tab.id}?at=${bad}`);
    await tab.page.getByText(/There is no such moment/).waitFor();
    await becomes(() => address(tab).search, "", "the address");
    await tab.shows(now);
    assert.equal(await tab.page.getByText(/There is no such moment/).count(), 1);
  }
});

story("what means nothing in an address is taken out of it, and it says what is shown", async (stage) => {
  const { tab, now } = await history(stage);
  const last = await tab.last();
  for (const [asked, shown, at] of [
    ["at=2&to=9999", "?at=2", 2],
    ["at=2&from=1&to=x", "?at=2", 2],
    ["at=2&speed=banana", "?at=2", 2],
    ["from=2&to=9999", "?from=2", 2],
    ["from=2&to=x", "?from=2", 2],
    ["from=3&to=2", "?from=2&to=3", 3],
    ["to=2", "", last],
    ["speed=banana", "", last],
    ["play=1", "", last],
    ["at=abc", "", last],
    ["at=-1", "", last],
    ["from=9999&to=9998", "", last],
  ]) {
    await tab.go(`/d/${tab.id}?${asked}`);
    await tab.timeline.waitFor();
    await becomes(() => address(tab).search, shown, `the address after ?${asked}`);
    await tab.standsAt(at);
    assert.equal(await tab.isPast(), shown !== "", asked);
    if (!shown) await tab.shows(now);
  }
  // What means something is left alone.
  for (const sound of ["?at=2&speed=4", "?speed=4"]) {
    await tab.go(`/d/${tab.id}${sound}`);
    await tab.timeline.waitFor();
    await becomes(() => tab.page.getByRole("combobox", { name: "Playback speed" }).inputValue(), "4", "the speed");
    assert.equal(address(tab).search, sound);
  }
});

story("playing by the clock skips pauses only when asked to", async (stage) => {
  const { tab } = await history(stage, ["one", " two"]);
  await tab.page.waitForTimeout(3500);
  await tab.append(" three");
  await tab.saved();
  const last = await tab.last();
  const speed = tab.page.getByRole("combobox", { name: "Playback speed" });
  const skip = tab.button("Skip idle");
  assert.ok(await skip.isDisabled(), "by edits, pauses take no time");
  await speed.selectOption("real");
  assert.equal(await skip.getAttribute("aria-pressed"), "true");
  const played = async () => {
    await tab.follow(`/d/${tab.id}?at=${last - 1}`);
    await tab.standsAt(last - 1);
    const start = performance.now();
    await tab.button("Play").click();
    await until(async () => !(await tab.isPast()), "the end");
    return performance.now() - start;
  };
  const short = await played();
  await skip.click();
  const long = await played();
  assert.ok(short < 2500 && long > 3000, `skipped ${short}, as it was ${long}`);
});

story("following can be switched off, and what changes glows", async (stage) => {
  const lines = Array.from({ length: 80 }, (_, nth) => `Line number ${nth}.\n`).join("");
  const { tab } = await history(stage, ["start\n"]);
  await tab.paste(lines);
  await tab.saved();
  await tab.append("the end");
  await tab.saved();
  const last = await tab.last();
  await tab.follow(`/d/${tab.id}?at=${last - 1}`);
  await tab.standsAt(last - 1);
  const scroller = tab.page.locator(".sheet.past:not(.later) .cm-scroller");
  await scroller.evaluate((one) => (one.scrollTop = 0));
  await tab.button("Follow changes").click();
  assert.equal(await tab.button("Follow changes").getAttribute("aria-pressed"), "false");
  await tab.timelineKey("Home");
  await tab.standsAt(1);
  await becomes(async () => tab.addressed, 1, "the address");
  await tab.follow(`/d/${tab.id}?at=${last}`);
  await tab.standsAt(last);
  await tab.page.waitForTimeout(200);
  assert.ok((await scroller.evaluate((one) => one.scrollTop)) < 50, "the view stays");
  await tab.button("Follow changes").click();
  await tab.timelineKey("Home");
  await tab.standsAt(1);
  await becomes(async () => tab.addressed, 1, "the address");
  await tab.follow(`/d/${tab.id}?at=${last}`);
  await tab.standsAt(last);
  await until(async () => (await scroller.evaluate((one) => one.scrollTop)) > 500, "the view follows");
  await tab.page.locator(".cm-changed").first().waitFor();
});

story("what is shown is exported, with its date in the name", async (stage) => {
  const { tab, versions } = await history(stage);
  await tab.follow(`/d/${tab.id}?at=${versions[2].revision}`);
  await tab.standsAt(versions[2].revision);
  await tab.button("More").click();
  const [download] = await Promise.all([
    tab.page.waitForEvent("download"),
    tab.page.getByRole("menuitem", { name: "Export as Markdown" }).click(),
  ]);
  assert.match(download.suggestedFilename(), new RegExp(`\\(\\d{4}-\\d\\d-\\d\\d .*edit ${versions[2].revision}\\)\\.md$`));
  assert.equal(await readFile(await download.path(), "utf8"), versions[2].text);
});
