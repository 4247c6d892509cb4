// Everything by the keyboard alone: whatever can be seen and used on a view is reached with Tab,
// or with the arrows inside of what belongs together, and has a name; and every action that the
// palette offers can be done from there.
import assert from "node:assert/strict";
import { chronicled, say } from "./scenes.mjs";
import { story } from "./stage.mjs";
import { becomes, until } from "./waiting.mjs";

const STORY_MS_MAX = 240_000;
const STEPS_MAX = 260;
/** What did not change for so long is at rest. */
const SETTLED_MS = 250;

/** A document that three people wrote, with a comment and somebody else in it. */
async function peopled(stage, options) {
  const { server, id } = await chronicled(stage);
  const jonas = await (await stage.person(server, "Jonas")).open(`/d/${id}`);
  await jonas.introduce("Jonas");
  await jonas.caret(3);
  await jonas.page.keyboard.press("Shift+ArrowRight");
  await say(jonas, "Is this right?");
  await jonas.saved();
  const tab = await (await stage.person(server, "Ana", options)).open(`/d/${id}`);
  await tab.introduce("Ana");
  await tab.saved();
  await tab.page.getByRole("list", { name: "People here" }).getByRole("button", { name: "Follow Jonas" }).waitFor();
  return { server, id, tab, page: tab.page, jonas };
}

/** Makes the page ready to say what can be used in it. */
function prepare(page) {
  return page.evaluate(() => {
    const used = "a[href], button:not(:disabled), input:not([type=hidden]):not(:disabled), select:not(:disabled), " +
      "textarea, [tabindex='0'], [role=slider], [role=option], [role^=menuitem], [contenteditable=true]";
    const text = (ids) => (ids ?? "").split(" ").map((id) => document.getElementById(id)?.innerText ?? "").join(" ");
    const name = (one) => (one.getAttribute("aria-label") || text(one.getAttribute("aria-labelledby")) ||
      [...(one.labels ?? [])].map((label) => label.innerText).join(" ") || one.innerText || one.title || "").trim();
    const numbers = new WeakMap();
    let last = 0;
    globalThis.keyed = {
      number(one) {
        if (!numbers.has(one)) numbers.set(one, ++last);
        return numbers.get(one);
      },
      all() {
        const dialog = document.querySelector("dialog[open]");
        const found = [...(dialog ?? document).querySelectorAll(used)].filter((one) =>
          one.checkVisibility({ visibilityProperty: true }) && !one.closest("[aria-hidden=true], [inert]") &&
          one.getBoundingClientRect().width > 0);
        return found.map((one) => {
          const owner = one.closest("[role=listbox], [role=menu]");
          const kind = one.getAttribute("role") ?? one.type ?? one.localName;
          // One of several that belong together is reached with Tab, the others with the arrows.
          const group = one.type === "radio" ? `radio ${one.name}`
            : one.closest(".flags") ? "flags"
            : /^(option|menuitem)/.test(kind) && owner ? `in ${this.number(owner)}` : "";
          return { number: this.number(one), name: name(one), kind, group, href: one.href };
        });
      },
      here() {
        const one = document.activeElement;
        if (!one || one === document.body) return null;
        const owner = one.closest("[role=listbox], [role=menu]");
        // What lists its options in the name of a field is reached through that field.
        const listed = one.getAttribute("aria-controls") && document.getElementById(one.getAttribute("aria-controls"));
        const groups = [one.type === "radio" ? `radio ${one.name}` : ""];
        // On the line of time "[" and "]" go from mark to mark.
        if (one.matches(".line")) groups.push("flags");
        for (const list of [owner, listed]) if (list) groups.push(`in ${this.number(list)}`);
        return { number: this.number(one), groups, href: one.href };
      },
    };
  });
}

/** Goes through a view with Tab and says what was not reached or has no name. */
async function unreached(tab) {
  const { page } = tab;
  await prepare(page);
  await page.evaluate(() => {
    if (document.querySelector("dialog[open], .menu-list")) return;
    document.activeElement?.blur();
    getSelection().removeAllRanges();
  });
  const [reached, groups] = [new Set(), new Set()];
  let first = null;
  const note = (here) => {
    if (!here) return;
    reached.add(here.number);
    here.groups.forEach((group) => group && groups.add(group));
    // A list that is drawn anew meanwhile has other links to the same.
    if (here.href) groups.add(here.href);
  };
  note(await page.evaluate(() => keyed.here()));
  for (let step = 0; step < STEPS_MAX; step++) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => keyed.here());
    note(here);
    // Around once: it begins again.
    if (here && first === here.number) break;
    first ??= here?.number ?? null;
  }
  const all = await page.evaluate(() => keyed.all());
  assert.ok(all.length > 0, "there is something to use");
  const missing = all.filter(({ number, group, href }) => !reached.has(number) && !groups.has(group) && !groups.has(href));
  return [
    ...missing.map(({ kind, name }) => `not reached: ${kind} "${name}"`),
    ...all.filter(({ name }) => !name).map(({ kind }) => `without a name: ${kind}`),
  ];
}

class Round {
  constructor(tab) {
    this.tab = tab;
    this.found = {};
  }

  async look(view) {
    const lines = await unreached(this.tab);
    if (lines.length) this.found[view] = lines;
  }

  end() {
    assert.deepEqual(this.found, {});
  }
}

/** Does something by typing its name into the palette. */
async function command(tab, name) {
  const { page } = tab;
  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: "Go to or do anything" });
  await box.waitFor();
  await page.keyboard.type(name);
  const option = page.getByRole("option").filter({ has: page.getByText(name, { exact: true }) }).first();
  await option.waitFor();
  for (let step = 0; step < 12 && (await option.getAttribute("aria-selected")) !== "true"; step++) {
    await page.keyboard.press("ArrowDown");
  }
  assert.equal(await option.getAttribute("aria-selected"), "true", name);
  await page.keyboard.press("Enter");
  await box.waitFor({ state: "detached" });
}

const PANELS = [
  "Outline", "Comments", "People here", "Versions and marks", "Life of this text", "Take back edits",
  "Events", "Where your edits are", "Since you were last here",
];

story("everything that is seen on a document's page is reached by Tab and has a name", async (stage) => {
  const { id, tab, page } = await peopled(stage, { viewport: { width: 1440, height: 900 } });
  const round = new Round(tab);
  await round.look("now");
  for (const name of PANELS) {
    await command(tab, name);
    const panel = page.locator(".aside");
    await panel.waitFor();
    if (name === "Events") await panel.getByRole("listbox").getByRole("option").first().waitFor();
    await round.look(`the panel: ${name}`);
    await panel.getByRole("button", { name: "Close", exact: true }).focus();
    await page.keyboard.press("Enter");
    await panel.waitFor({ state: "detached" });
  }
  await page.keyboard.press("Control+Alt+KeyN");
  await round.look("a comment that is chosen");
  await page.keyboard.press("Escape");
  await command(tab, "Find and replace");
  await round.look("find and replace");
  await page.keyboard.press("Escape");
  await tab.follow(`/d/${id}?at=${Math.round((await tab.last()) / 2)}`);
  await until(() => tab.isPast(), "the past");
  await round.look("the past");
  await tab.timelineKey("c");
  await page.getByText(/added, .* removed since/).waitFor();
  await round.look("a comparison");
  await tab.button("Now beside").focus();
  await page.keyboard.press("Enter");
  await round.look("the past beside now");
  round.end();
}, STORY_MS_MAX);

story("everything in dialogs, menus and on a phone is reached by keys and has a name", async (stage) => {
  const { id, tab, page } = await peopled(stage, { viewport: { width: 1440, height: 900 } });
  const round = new Round(tab);
  const open = async (name, action) => {
    await action();
    await page.getByRole("dialog", { name }).waitFor();
    await round.look(`the dialog: ${name}`);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name }).waitFor({ state: "hidden" });
  };
  await open("Share", () => command(tab, "Share"));
  await open("Keyboard shortcuts", () => command(tab, "Keyboard shortcuts"));
  await open("Name and colour", () => command(tab, "Name and colour"));
  await open("Go to or do anything", () => page.keyboard.press("Control+k"));
  await tab.follow(`/d/${id}?at=100`);
  await tab.standsAt(100);
  await open("Restore this version", () => command(tab, "Restore this version"));
  await command(tab, "Back to now");
  // A menu goes around with the arrows.
  await tab.button("More").focus();
  await page.keyboard.press("Enter");
  const items = page.getByRole("menu", { name: "More" }).locator("button:not(:disabled)");
  const count = await items.count();
  const focused = () => page.evaluate(() => document.activeElement.innerText);
  const seen = new Set();
  for (let i = 0; i < count; i++) {
    seen.add(await focused());
    await page.keyboard.press("ArrowDown");
  }
  assert.equal(seen.size, count, `${[...seen]}`);
  await page.keyboard.press("Escape");
  await becomes(() => page.evaluate(() => document.activeElement.getAttribute("aria-label")), "More", "the focus is back");
  await page.setViewportSize({ width: 390, height: 844 });
  await round.look("now, on a phone");
  await tab.follow(`/d/${id}?at=100`);
  await tab.standsAt(100);
  await round.look("the past, on a phone");
  await tab.go("/");
  await page.getByRole("table").getByRole("link").first().waitFor();
  await round.look("the library, on a phone");
  round.end();
}, STORY_MS_MAX);

story("everything in the library, in the search and where nothing is is reached by Tab and has a name", async (stage) => {
  const { tab, page } = await peopled(stage, { viewport: { width: 1440, height: 900 } });
  const round = new Round(tab);
  await command(tab, "All documents");
  await page.getByRole("table").getByRole("link").first().waitFor();
  await round.look("the library");
  await page.keyboard.press("Control+Shift+F");
  const box = page.getByRole("searchbox", { name: "Search, past text too" });
  await box.waitFor();
  await until(() => box.evaluate((one) => one === document.activeElement), "the box has the focus");
  await page.keyboard.type("deploys");
  await page.locator(".search .hit").first().waitFor();
  await round.look("the search");
  await page.goto("/d/019a0000-0000-7000-8000-000000000000");
  await page.getByRole("heading", { name: "This document is not here" }).waitFor();
  await round.look("a document that is not there");
  round.end();
}, STORY_MS_MAX);

/** What is seen of an action: the page, its address, the clipboard, a file, another page, paper. */
async function watch(tab) {
  const { page } = tab;
  const seen = { happened: 0 };
  const count = () => seen.happened++;
  const happen = [[page, "download"], [page, "filechooser"], [page.context(), "page"]];
  for (const [where, what] of happen) where.on(what, count);
  await page.evaluate(() => {
    globalThis.printed = 0;
    globalThis.print = () => globalThis.printed++;
    navigator.clipboard.writeText("");
  });
  const look = async () => JSON.stringify([
    seen.happened,
    await page.evaluate(async () => {
      const { documentElement: root, activeElement: here } = document;
      // The palette's own traces are not what it did.
      const body = document.body.cloneNode(true);
      for (const one of body.querySelectorAll("dialog.palette, [role=status]")) one.remove();
      const focus = here?.getAttribute("aria-label") ?? here?.className;
      const place = here?.closest(".cm-content") ? getSelection().anchorOffset : 0;
      return [body.innerHTML, location.href, globalThis.printed, root.outerHTML.slice(0, 300), focus, place, await navigator.clipboard.readText()];
    }),
  ]);
  // What is still on its way when one begins is not what the action did.
  const settled = async () => {
    for (let before = await look(); ; ) {
      await page.waitForTimeout(SETTLED_MS);
      const after = await look();
      if (after === before) return after;
      before = after;
    }
  };
  return { look, settled, end: () => happen.forEach(([where, what]) => where.off(what, count)) };
}

/** Every action that the palette lists now, by its name. */
async function offered(tab) {
  const { page } = tab;
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to or do anything" }).waitFor();
  // What can be done is a part of the app of its own, and may come after the frame.
  await page.locator("dialog [role=option]").first().waitFor();
  const names = await page.locator("dialog [role=option]").evaluateAll((all) =>
    all.filter((one) => !one.querySelector("small")).map((one) => one.querySelector("span").innerText));
  await page.keyboard.press("Escape");
  return names;
}

/** Whether what is watched is the same after the palette was opened, typed into and left. */
async function stays(tab) {
  const { settled, end } = await watch(tab);
  const before = await settled();
  await tab.page.keyboard.press("Control+k");
  await tab.page.getByRole("combobox", { name: "Go to or do anything" }).waitFor();
  await tab.page.keyboard.type("bold");
  await tab.page.keyboard.press("Escape");
  await tab.page.getByRole("combobox", { name: "Go to or do anything" }).waitFor({ state: "detached" });
  const after = await settled();
  end();
  return after === before;
}

/** Does each of `names` from the palette, each time on the same page, and says which did nothing. */
async function doEach(tab, names, begin) {
  const idle = [];
  // The page lives meanwhile: somebody comes, a minute goes by. What the palette itself did, it would
  // do every time.
  let same = false;
  for (let turn = 0; turn < 3 && !same; turn++) {
    await begin();
    same = await stays(tab);
  }
  assert.ok(same, "opening the palette and leaving it changes nothing that is watched");
  for (const name of names) {
    await begin();
    const { look, settled, end } = await watch(tab);
    const before = await settled();
    await command(tab, name);
    const changed = until(async () => (await look()) !== before, name, 4000);
    await changed.catch(() => idle.push(name));
    end();
    await tab.page.keyboard.press("Escape");
  }
  return idle;
}

story("every action on a text is done from the palette, by keys alone", async (stage) => {
  const { id, tab } = await peopled(stage);
  const begin = async () => {
    await tab.go(`/d/${id}`);
    await tab.timeline.waitFor();
    await tab.timelineKey("+");
    await tab.caret(4);
    for (let i = 0; i < 3; i++) await tab.page.keyboard.press("Shift+ArrowRight");
  };
  await begin();
  const names = await offered(tab);
  assert.ok(names.length > 45, `${names.length} actions: ${names}`);
  // What opens a link does so where one is.
  const link = "Open the link or note at the caret";
  assert.deepEqual(await doEach(tab, names.filter((name) => name !== link), begin), []);
  await begin();
  await tab.caret((await tab.text()).indexOf("on-call rota") + 3);
  await tab.page.getByRole("group", { name: "Link" }).waitFor();
  const [opened] = await Promise.all([tab.person.context.waitForEvent("page"), command(tab, link)]);
  await opened.close();
}, STORY_MS_MAX);

story("every action on the past is done from the palette, by keys alone", async (stage) => {
  const { id, tab } = await peopled(stage);
  const begin = async () => {
    await tab.go(`/d/${id}?from=100`);
    await tab.page.getByText(/added, .* removed since/).waitFor();
    await tab.timelineKey("+");
    await tab.page.locator(".sheet.past .cm-content").first().focus();
    await tab.page.keyboard.press("Control+Home");
    for (let i = 0; i < 5; i++) await tab.page.keyboard.press("Shift+ArrowRight");
  };
  await begin();
  const names = await offered(tab);
  for (const name of ["Restore this version", "Copy into now", "Back to now", "Next change", "Play or pause"]) {
    assert.ok(names.includes(name), `${name} of ${names}`);
  }
  assert.deepEqual(await doEach(tab, names, begin), []);
}, STORY_MS_MAX);

story("every action on the library is done from the palette, by keys alone", async (stage) => {
  const { tab } = await peopled(stage);
  const begin = async () => {
    await tab.go("/");
    await tab.page.getByRole("table").getByRole("link").first().waitFor();
  };
  await begin();
  assert.deepEqual(await doEach(tab, await offered(tab), begin), []);
}, STORY_MS_MAX);

story("the slider speaks: which edit, when, by whom, and what was done", async (stage) => {
  const { id, tab } = await peopled(stage);
  await tab.follow(`/d/${id}?at=100`);
  await tab.standsAt(100);
  const slider = tab.timeline;
  assert.equal(await slider.getAttribute("role"), "slider");
  assert.equal(await slider.getAttribute("aria-orientation"), "horizontal");
  assert.deepEqual([await slider.getAttribute("aria-valuemin"), await slider.getAttribute("aria-valuenow")], ["1", "100"]);
  const spoken = () => slider.getAttribute("aria-valuetext");
  assert.match(await spoken(), /^Edit 100 of \d+, \w+day \d+ \w+ (\d{4} )?\d\d:\d\d:\d\d, (Mira|Ana|Jonas) .*(written|removed)/);
  await tab.timelineKey("ArrowRight");
  await until(async () => /^Edit 101 of/.test(await spoken()), "the next one is spoken");
  await tab.timelineKey("End");
  await until(async () => /^Edit (\d+) of \1, now, /.test(await spoken()), "and that it is now");
});
