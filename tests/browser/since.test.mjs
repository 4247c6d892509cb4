// Since you were last here: who comes back reads who changed what, has it replayed, and puts it
// away; what one did oneself is no news.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { until } from "./waiting.mjs";

const banner = (tab) => tab.page.getByRole("region", { name: "Since you were last here" });

story("come back, read who changed what, replay it, and put it away", async (stage) => {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  const a = await ana.create();
  await a.append("The plan is old. ");
  await a.saved();
  const { id } = a;
  // Leaving keeps the place.
  await a.follow("/");
  await a.page.getByRole("heading", { name: "Documents", level: 1 }).waitFor();
  const b = await jonas.open(`/d/${id}`);
  await b.introduce("Jonas");
  await b.append("Jonas adds a sentence. ");
  await b.saved();
  await b.append("And another.");
  await b.saved();
  await a.go(`/d/${id}`);
  await banner(a).waitFor();
  assert.match(await banner(a).innerText(), /\d+ edits? by Jonas since/);
  await banner(a).getByRole("button", { name: "Show changes" }).click();
  const panel = a.page.getByRole("complementary", { name: "Since you were last here" });
  await until(async () => /Jonas[\s\S]*edits? · \d+ characters/.test(await panel.innerText()), "who did what");
  await until(async () => /Jonas adds a sentence/.test(await panel.locator("ins").first().innerText()), "what is different");
  // The replay shows the past and ends in the present.
  await banner(a).getByRole("button", { name: "Replay in ten seconds" }).click();
  await until(() => a.isPast(), "it is replayed");
  await until(async () => !(await a.isPast()), "it comes back to now", 14_000);
  await a.showsPart("And another.");
  await banner(a).getByRole("button", { name: "Dismiss" }).click();
  await until(async () => !(await banner(a).isVisible()), "it is put away");
});

story("what one wrote oneself is no news", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.create();
  await tab.append("One.");
  await tab.saved();
  const { id } = tab;
  await tab.follow("/");
  await tab.page.getByRole("heading", { name: "Documents", level: 1 }).waitFor();
  const again = await ana.open(`/d/${id}`);
  await again.append(" Two.");
  await again.saved();
  await tab.go(`/d/${id}`);
  await tab.showsPart("Two.");
  await tab.saved();
  await until(async () => (await tab.last()) > 2, "the history is read");
  assert.equal(await banner(tab).count(), 0);
});
