// Presence: who is here and where, going to somebody's caret, following them, and seeing what
// they write arrive.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

const LINES = Array.from({ length: 200 }, (_, n) => `Line ${n + 1} of a long text.`);
const TEXT = `# Top\n\n${LINES.join("\n")}\n\n## The end\n\nlast words`;

/** Ana and Jonas, with names, in one long document. */
async function pair(stage, options = {}) {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana", options);
  const jonas = await stage.person(server, "Jonas", options);
  const a = await ana.create();
  await a.editor.focus();
  await a.paste(TEXT);
  await a.saved();
  const b = await jonas.open(`/d/${a.id}`);
  await b.shows(TEXT);
  await a.introduce("Ana");
  await b.introduce("Jonas");
  return { server, ana, jonas, a, b };
}

const people = (tab) => tab.page.getByRole("list", { name: "People here" });
const scrolled = (tab) => tab.page.evaluate(() => document.querySelector(".sheet.live .cm-scroller").scrollTop);

story("who only reads is seen as being here, and a new name is seen at once", async (stage) => {
  const { a, b } = await pair(stage);
  await until(async () => /Jonas/.test(await people(a).innerText()), "Jonas, who only reads");
  await until(async () => /Ana/.test(await people(b).innerText()), "Ana");
  await b.introduce("Jonas Weber");
  await until(async () => /Jonas Weber/.test(await people(a).innerText()), "the new name");
  await b.page.close();
  await until(async () => !/Jonas/.test(await people(a).innerText()), "nobody but Ana");
});

story("somebody is followed until one scrolls oneself", async (stage) => {
  const { a, b } = await pair(stage);
  await a.page.keyboard.press("Control+Home");
  await b.caret();
  await becomes(() => a.button("Follow Jonas").count(), 1, "the picture of Jonas");
  await a.button("Follow Jonas").click();
  await a.page.getByText("Following Jonas").waitFor();
  await until(async () => (await scrolled(a)) > 1000, "Ana sees the end");
  await b.caret(0);
  await until(async () => (await scrolled(a)) < 100, "and the beginning, when Jonas goes there");
  await a.page.mouse.move(640, 400);
  await a.page.mouse.wheel(0, 300);
  await a.page.getByText("Following Jonas").waitFor({ state: "hidden" });
  const before = await scrolled(a);
  await b.caret();
  await b.append("!");
  await a.showsPart("last words!");
  assert.ok(Math.abs((await scrolled(a)) - before) < 400, "the view stays where Ana put it");
  // Typing stops it too, and so does the button.
  await a.button("Follow Jonas").click();
  await a.page.getByText("Following Jonas").waitFor();
  await a.button("Stop").click();
  await a.page.getByText("Following Jonas").waitFor({ state: "hidden" });
});

story("the list of people says where each is, and leads there, by keyboard alone", async (stage) => {
  const { a, b } = await pair(stage);
  await b.caret();
  await a.page.getByRole("button", { name: "More", exact: true }).focus();
  await a.page.keyboard.press("Enter");
  const item = a.page.getByRole("menuitem", { name: "People here" });
  await item.focus();
  await a.page.keyboard.press("Enter");
  const panel = a.page.getByRole("complementary", { name: "People here" });
  await panel.getByText(/Line 20\d · The end/).waitFor();
  await panel.getByRole("button", { name: "Go to the caret" }).focus();
  await a.page.keyboard.press("Enter");
  await until(async () => (await scrolled(a)) > 1000, "the view is there");
  assert.ok(await a.editor.evaluate((editor) => editor.contains(document.activeElement)), "the caret too");
  await panel.getByRole("button", { name: "Follow", exact: true }).focus();
  await a.page.keyboard.press("Space");
  await a.page.getByText("Following Jonas").waitFor();
  await a.page.keyboard.press("Escape");
  await a.page.getByText("Following Jonas").waitFor({ state: "hidden" });
});

story("what somebody else writes fades in, unless one wants less motion", async (stage) => {
  const { a, b } = await pair(stage);
  await b.caret(0);
  await a.caret(0);
  // Who wrote so lately is still writing, and then nothing moves.
  await a.page.waitForTimeout(2_200);
  const animation = () =>
    a.page.evaluate(() => {
      const part = document.querySelector(".sheet.live .cm-arrived");
      return part && `${part.textContent}: ${getComputedStyle(part).animationName}`;
    });
  await b.type("New! ");
  await until(async () => /New.*: arrive/.test((await animation()) ?? ""), "it fades in");
  await becomes(animation, null, "it is not new for ever");
  await a.page.emulateMedia({ reducedMotion: "reduce" });
  await b.type("More! ");
  await until(async () => /More.*: none/.test((await animation()) ?? ""), "it is just there");
});

story("while one writes, what somebody else writes is seen and nothing moves", async (stage) => {
  const { a, b } = await pair(stage);
  await b.caret(0);
  await a.caret(7);
  // Whatever moves has the page painted all the time, and a key waits for the next turn.
  const moving = () => a.page.evaluate(() => document.getAnimations()
    .filter((one) => one.effect?.target?.closest(".cm-editor") && one.playState === "running" && one.effect.getComputedTiming().progress !== null)
    .map((one) => one.animationName ?? "a transition")
    .filter((name) => !name.startsWith("cm-blink")));
  const arrived = () => a.page.evaluate(() => [...document.querySelectorAll(".sheet.live .cm-arrived")].map((one) => {
    const { animationName, backgroundColor } = getComputedStyle(one);
    return `${animationName} ${backgroundColor}`;
  }));
  let [seen, moved] = [0, []];
  await Promise.all([
    a.type("one writes here and does not stop ", 60),
    b.type("and somebody else writes there, too ", 60),
    (async () => {
      const until = Date.now() + 2500;
      while (Date.now() < until) {
        moved.push(...(await moving()));
        const colours = await arrived();
        seen += colours.filter((one) => one.startsWith("none") && one !== "none rgba(0, 0, 0, 0)").length;
        await a.page.waitForTimeout(40);
      }
    })(),
  ]);
  assert.deepEqual(moved, []);
  assert.ok(seen > 0, "what somebody else wrote is coloured");
  await until(async () => (await arrived()).length === 0, "it is not new for ever");
});

story("several tabs of one person are one person who has seen it", async (stage) => {
  const { jonas, a } = await pair(stage);
  await jonas.open(`/d/${a.id}`);
  await jonas.open(`/d/${a.id}`);
  await a.append("More words.");
  await a.told(/seen by 1 other$/);
  assert.equal(await people(a).getByRole("button", { name: "Follow Jonas" }).count(), 1);
});

story("on a phone the others' pictures are there", async (stage) => {
  const { a } = await pair(stage, { viewport: { width: 390, height: 844 }, hasTouch: true });
  const picture = a.button("Follow Jonas");
  await picture.waitFor();
  await picture.tap();
  await a.page.getByText("Following Jonas").waitFor();
  assert.ok(await a.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});
