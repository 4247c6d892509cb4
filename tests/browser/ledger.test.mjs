// The save ledger: which edits are only here, which the server has, who holds them; a warning
// before something is lost; a copy to take away.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { story } from "./stage.mjs";
import { until } from "./waiting.mjs";

const panel = (tab) => tab.page.getByRole("complementary", { name: "Where your edits are" });

async function open(tab) {
  await tab.status.getByRole("button").click();
  await panel(tab).waitFor();
}

story("click the save status to see which edits are only here, and later who holds them", async (stage) => {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  const a = await ana.create();
  await a.append("Ordered words.");
  await a.saved();
  const b = await jonas.open(`/d/${a.id}`);
  await b.introduce("Jonas");
  await b.showsPart("Ordered");
  await ana.unplug();
  await a.append(" Stranded words.");
  await a.onDevice();
  await open(a);
  await until(async () => /On this device · \d+ edits?[\s\S]*Stranded/.test(await panel(a).innerText()), "the edit that exists only here");
  await until(async () => /On the server[\s\S]*Ordered/.test(await panel(a).innerText()), "what the server has");
  await ana.plug();
  await a.saved();
  await until(async () => /Every edit of yours is on the server/.test(await panel(a).innerText()), "all is safe");
  await until(async () => /Jonas has everything/.test(await panel(a).innerText()), "who holds it");
});

story("take a copy away from the ledger, by keys alone", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.create();
  await tab.title.fill("Minutes");
  await tab.append("Words to keep.");
  await tab.saved();
  await tab.status.getByRole("button").focus();
  await tab.page.keyboard.press("Enter");
  const download = async (name) => {
    await panel(tab).getByRole("button", { name }).focus();
    const [file] = await Promise.all([tab.page.waitForEvent("download"), tab.page.keyboard.press("Enter")]);
    return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
  };
  const text = await download("As Markdown");
  assert.deepEqual([text.name, text.bytes.toString()], ["Minutes.md", "Words to keep."]);
  const log = await download("With its whole history");
  assert.equal(log.name, "Minutes.pllg");
  assert.equal(log.bytes.subarray(0, 4).toString(), "PLLG");
});

story("leave a page whose edits nothing keeps, and be warned", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  await ana.context.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("not here", "SecurityError");
    };
  });
  const tab = await ana.create();
  await tab.append("Kept nowhere yet.");
  await tab.saved();
  ana.line.cut();
  await tab.append(" Only in this page.");
  await until(async () => /waiting|Offline|Connecting|Saving/.test(await tab.status.innerText()), "it waits");
  const asked = tab.page.waitForEvent("dialog");
  await tab.page.close({ runBeforeUnload: true });
  const dialog = await asked;
  assert.equal(dialog.type(), "beforeunload");
  await dialog.accept();
});
