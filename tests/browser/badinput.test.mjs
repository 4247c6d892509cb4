// What is broken on this device or in an address: clear words, and nothing else is lost.
import assert from "node:assert/strict";
import { story } from "./stage.mjs";
import { damage } from "./stored.mjs";
import { until } from "./waiting.mjs";

/** Somebody with two documents on their device, "the hurt one" and "the other". */
async function twoDocuments(stage) {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const other = await ana.create();
  await other.append("the other");
  await other.saved();
  const tab = await ana.create();
  await tab.append("the hurt one");
  await tab.saved();
  await tab.readyForOffline();
  const ids = { hurt: tab.id, other: other.id };
  await other.page.close();
  return { server, ana, tab, ids };
}

story("a damaged record of a saved document is said so and fetched again", async (stage) => {
  const { ana, tab, ids } = await twoDocuments(stage);
  await tab.go("/");
  assert.ok((await damage(tab.page, "ordered", ids.hurt)) > 0);
  await tab.go(`/d/${ids.hurt}`);
  await tab.shows("the hurt one", "the text that the server still has");
  await tab.append(" is healed");
  await tab.saved();
  await ana.unplug();
  await tab.reload();
  await tab.shows("the hurt one is healed", "what was fetched is kept");
  await tab.go(`/d/${ids.other}`);
  await tab.shows("the other");
});

story("a damaged record without a network: clear words, and the rest is there", async (stage) => {
  const { ana, tab, ids } = await twoDocuments(stage);
  await tab.go("/");
  await damage(tab.page, "ordered", ids.hurt);
  await ana.unplug();
  await tab.page.goto(`/d/${ids.hurt}`);
  const words = async () => /damaged/.test(await tab.page.locator("body").innerText());
  await until(words, "words about the damage");
  await tab.go(`/d/${ids.other}`);
  await tab.shows("the other", "the other document");
  await ana.plug();
  await tab.go(`/d/${ids.hurt}`);
  await tab.shows("the hurt one", "the text with the network back");
});

story("a damaged unsent edit: clear words, and everything else is sent", async (stage) => {
  const { server, ana, tab, ids } = await twoDocuments(stage);
  await ana.unplug();
  await tab.append(", unsent");
  await tab.onDevice();
  await tab.go("/");
  await damage(tab.page, "pending", ids.hurt);
  await tab.go(`/d/${ids.hurt}`);
  await tab.shows("the hurt one", "all but the damaged edit");
  await tab.told(/cannot be read/);
  await tab.append(" goes on");
  await ana.plug();
  await until(async () => (await server.text(ids.hurt)) === "the hurt one goes on", "the rest is sent");
  await tab.go(`/d/${ids.other}`);
  await tab.shows("the other", "the other document");
});

story("the address of a document that is nowhere: clear words and a way back", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.open("/");
  await tab.page.goto("/d/01977777-7777-7777-8777-777777777777");
  await tab.page.getByRole("heading", { name: "This document is not here" }).waitFor();
  await tab.page.getByRole("link", { name: "All documents" }).last().click();
  await tab.page.getByRole("heading", { name: "Documents", level: 1 }).waitFor();
  assert.deepEqual(JSON.parse(await server.get("/api/v1/documents")).documents, [], "looking makes nothing");
});

story("a document that is nowhere appears as soon as its maker is back", async (stage) => {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  const a = await ana.open("/");
  await a.readyForOffline();
  await ana.unplug();
  const id = await a.create();
  await a.append("made on the train");
  await a.onDevice();
  const b = await jonas.open("/");
  await b.page.goto(`/d/${id}`);
  await b.page.getByRole("heading", { name: "This document is not here" }).waitFor();
  await ana.plug();
  await a.saved();
  await b.shows("made on the train");
});

story("addresses that make no sense: clear words", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.create();
  await tab.append("now");
  await tab.saved();
  const { id } = tab;
  for (const path of ["/d/not-an-id", "/d/"]) {
    await tab.page.goto(path);
    const words = tab.page.getByRole("heading", { name: "There is nothing at this address" });
    await words.waitFor();
  }
  for (const at of ["0", "-3", "99999999999999999999", "tomorrow", ""]) {
    await tab.go(`/d/${id}?at=${at}`);
    await tab.shows("now", `the text at "${at}"`);
    assert.ok(!(await tab.isPast()), `"${at}" is no moment`);
  }
});

story("a title of any content stays text", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.create();
  const title = `<img src=x onerror="document.body.innerHTML='gone'"> & "quotes"`;
  await tab.title.fill(title);
  await tab.title.press("Enter");
  await tab.append("<script>document.body.innerHTML = 'gone'</script>");
  await tab.saved();
  const { page } = await ana.open("/");
  await page.getByRole("table").getByRole("link", { name: title }).waitFor();
  assert.equal((await server.document(tab.id)).title, title);
});

story("a string does not become markup or code behind the app's back", async (stage) => {
  const server = await stage.server();
  const tab = await (await stage.person(server, "Ana")).create();
  const tried = await tab.page.evaluate(async () => {
    const how = {
      "a handler": () => (document.createElement("div").innerHTML = "<i onclick=alert(1)>x</i>"),
      "a script": () => document.body.insertAdjacentHTML("beforeend", "<script>alert(1)</script>"),
      "a frame": () => (document.createElement("div").innerHTML = "<iframe srcdoc='x'></iframe>"),
      "an address that is code": () => (document.createElement("div").innerHTML = "<a href='javascript:alert(1)'>x</a>"),
      "a script's address": () => (document.createElement("script").src = "/assets/other.js"),
      "another worker": () => navigator.serviceWorker.register("/other.js"),
    };
    const found = {};
    for (const [what, act] of Object.entries(how)) {
      found[what] = await Promise.resolve().then(act).then(() => "done", (error) => error.name);
    }
    return found;
  });
  for (const [what, found] of Object.entries(tried)) assert.equal(found, "TypeError", what);
  assert.ok(await tab.page.evaluate(() => Boolean(globalThis.trustedTypes.defaultPolicy)));
});
