// Taking back what one person, one sitting or one paste did: seen first, done as one edit, and
// everything that others wrote stays.
import assert from "node:assert/strict";
import { Chronicle } from "./chronicle.mjs";
import { artifact, story } from "./stage.mjs";
import { converge, until } from "./waiting.mjs";

const panel = (tab) => tab.page.getByRole("complementary", { name: "Take back edits" });

async function choose(tab) {
  await tab.button("More").click();
  await tab.page.getByRole("menuitem", { name: "Take back edits" }).click();
  await panel(tab).waitFor();
}

story("take back a wrong paste and keep what was written into it since", async (stage) => {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  const a = await ana.create();
  await a.append("Agenda. Done.");
  await a.saved();
  const b = await jonas.open(`/d/${a.id}`);
  await b.introduce("Jonas");
  await b.caret("Agenda. ".length);
  await b.paste("WRONG TEXT ");
  await b.saved();
  await a.showsPart("WRONG");
  await a.caret("Agenda. WRONG".length);
  await a.type(" (who pasted this?)");
  await a.saved();
  await choose(a);
  await panel(a).getByRole("button", { name: /Pasted: “WRONG TEXT”/ }).click();
  // What would change is told and shown before anything happens.
  await panel(a).getByText("11 characters go.").waitFor();
  const removed = await panel(a).locator(".hunk del").allInnerTexts();
  assert.equal(removed.join(""), "WRONG TEXT ");
  assert.match(await a.text(), /WRONG/);
  await panel(a).getByRole("button", { name: "Take back these edits" }).click();
  await a.shows("Agenda.  (who pasted this?)Done.");
  await a.saved();
  assert.equal(await converge(a, b), "Agenda.  (who pasted this?)Done.");
  // It is one edit, and can be undone as one.
  await a.page.getByRole("log", { name: "Messages" }).getByRole("button", { name: "Undo" }).click();
  await a.shows("Agenda. WRONG (who pasted this?) TEXT Done.");
});

story("take back all that one person did, by keys alone, and bring it back", async (stage) => {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  const a = await ana.create();
  await a.append("Keep the first line.");
  await a.saved();
  const b = await jonas.open(`/d/${a.id}`);
  await b.introduce("Jonas");
  await b.showsPart("Keep");
  await b.caret("Keep the".length);
  for (let key = 0; key < " the".length; key++) await b.page.keyboard.press("Backspace");
  await b.append(" Graffiti.");
  await b.saved();
  await a.shows("Keep first line. Graffiti.");
  await a.append(" Ana goes on.");
  await a.saved();
  const { page } = a;
  await a.button("More").focus();
  await page.keyboard.press("Enter");
  const item = page.getByRole("menuitem", { name: "Take back edits" });
  await item.focus();
  await page.keyboard.press("Enter");
  await panel(a).getByRole("button", { name: /^Jonas/ }).first().focus();
  await page.keyboard.press("Enter");
  await panel(a).getByText("10 characters go, 4 characters come back.").waitFor();
  await panel(a).getByRole("button", { name: "Take back these edits" }).focus();
  await page.keyboard.press("Enter");
  await a.shows("Keep the first line. Ana goes on.");
  await page.keyboard.press("Control+Z");
  await a.shows("Keep first line. Graffiti. Ana goes on.");
  await page.keyboard.press("Control+Y");
  await a.shows("Keep the first line. Ana goes on.");
  await a.saved();
  await converge(a, b);
  // Once is enough.
  await choose(a);
  await panel(a).getByRole("button", { name: /^Jonas/ }).first().click();
  await until(async () => /Nothing of these edits is left/.test(await panel(a).innerText()), "nothing is left to take back");
});

story("take back one session and keep the others", async (stage) => {
  const server = await stage.emptyServer();
  const told = new Chronicle(Date.now(), 5);
  told.hoursAgo(50).write("Ana", "First session. ");
  told.hoursAgo(30).write("Jonas", "Second session. ");
  told.hoursAgo(10).write("Ana", "Third session.");
  const id = await server.importTrace(await told.save(await artifact(`${stage.name}.json`)), "Three sessions");
  await server.start();
  const tab = await (await stage.person(server, "Mira")).open(`/d/${id}`);
  await tab.saved();
  await tab.shows("First session. Second session. Third session.");
  await choose(tab);
  // The newest comes first; the one in the middle is Jonas's.
  const sessions = panel(tab).getByRole("button", { name: /\d\d:\d\d – \d\d:\d\d · / });
  await until(async () => (await sessions.count()) === 3, "three sessions");
  await sessions.nth(1).click();
  await panel(tab).getByText("16 characters go.").waitFor();
  await panel(tab).getByRole("button", { name: "Take back these edits" }).click();
  await tab.shows("First session. Third session.");
  await tab.saved();
});
