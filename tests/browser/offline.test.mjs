// Without a network, and with things that break: whatever was typed is there afterwards.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { Line } from "./line.mjs";
import { Person } from "./person.mjs";
import { BROWSER_FLAGS, CHROMIUM } from "./chromium.mjs";
import { story } from "./stage.mjs";
import { converge, until } from "./waiting.mjs";

/** Whether `text` holds every character of all `parts` as often as they do. */
function assertHoldsAll(text, parts) {
  const count = (characters) => {
    const counts = new Map();
    for (const one of characters) counts.set(one, (counts.get(one) ?? 0) + 1);
    return counts;
  };
  const there = count(text);
  for (const [one, times] of count(parts.join(""))) {
    assert.ok((there.get(one) ?? 0) >= times, `${times} times "${one}" was typed: ${text}`);
  }
}

story("both go offline, edit one paragraph, one reloads, both return, and the texts are equal", async (stage) => {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  const a = await ana.create();
  const base = "The migration ran on a copy of production.";
  await a.append(base);
  await a.saved();
  const b = await jonas.open(`/d/${a.id}`);
  await b.shows(base);
  await Promise.all([a.readyForOffline(), b.readyForOffline()]);

  await Promise.all([ana.unplug(), jonas.unplug()]);
  await a.caret("The migration ran".length);
  await a.type(" twice, and once more,");
  await b.caret("The migration".length);
  await b.type(" of the whole log 0123456789");
  await Promise.all([a.onDevice(), b.onDevice()]);
  const offline = await b.text();
  assert.notEqual(await a.text(), offline, "they cannot hear each other");

  await b.reload();
  await b.shows(offline, "the text after a reload without a network");
  await b.append(" Written after the reload.");
  await b.onDevice();

  await Promise.all([ana.plug(), jonas.plug()]);
  await Promise.all([a.saved(), b.saved()]);
  const text = await converge(a, b);
  const typed = [base, " twice, and once more,", " of the whole log 0123456789", " Written after the reload."];
  for (const part of typed.slice(1)) assert.ok(text.includes(part), `"${part}" in: ${text}`);
  assertHoldsAll(text, typed);
  assert.equal(text.length, typed.join("").length, "nothing is there twice");
  assert.equal(await server.text(a.id), text, "the server has the same");
});

story("a document made offline reaches the server and others later", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const a = await ana.open("/");
  await a.readyForOffline();
  await ana.unplug();
  const id = await a.create();
  await a.append("born offline");
  await a.onDevice();
  await a.page.close();
  await ana.plug();
  const library = await ana.open("/");
  await until(
    async () => (await server.text(id).catch(() => "")) === "born offline",
    "the server has it although nobody opened it again",
  );
  await library.page.close();
  const jonas = await stage.person(server, "Jonas");
  await (await jonas.open(`/d/${id}`)).shows("born offline");
});

story("a tab closed right after it says that all is on this device loses nothing", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const a = await ana.create();
  await a.saved();
  await a.readyForOffline();
  await ana.unplug();
  await a.append("typed, and gone the next moment");
  await a.onDevice();
  const { id } = a;
  await a.page.close({ runBeforeUnload: false });
  const again = await ana.open(`/d/${id}`);
  await again.shows("typed, and gone the next moment");
  await again.append(" – and on");
  await ana.plug();
  await again.saved();
  assert.equal(await server.text(id), "typed, and gone the next moment – and on");
});

story("a tab that is killed in the middle of a word keeps what was painted", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const a = await ana.create();
  await a.append("before. ");
  await a.saved();
  await a.append("half a wo");
  const { id } = a;
  // As long as an edit is on its way to disk the status says so; no keystroke waits longer.
  await until(async () => !/Saving/.test(await a.status.innerText()), "kept on this device");
  ana.mayCrash = true;
  const devtools = await ana.context.newCDPSession(a.page);
  devtools.send("Page.crash").catch(() => undefined);
  await until(() => ana.words.includes("the page crashed"), "the page is gone");
  const again = await ana.open(`/d/${id}`);
  await again.shows("before. half a wo");
});

story("the server is killed and restarted while two people type, and nothing is missing", async (stage) => {
  const server = await stage.server();
  const [ana, jonas] = [await stage.person(server, "Ana"), await stage.person(server, "Jonas")];
  const a = await ana.create();
  await a.append("|");
  await a.saved();
  const b = await jonas.open(`/d/${a.id}`);
  await b.shows("|");
  await a.caret(0);
  await b.caret();
  const numbers = (mark) => Array.from({ length: 40 }, (_, n) => `${mark}${n} `).join("");
  const [one, two] = [numbers("a"), numbers("b")];
  const typing = Promise.all([a.type(one, 20), b.type(two, 20)]);
  const part = (mark) => until(async () => (await a.text()).includes(mark), `"${mark}" is typed`);
  await part("a10 ");
  await server.kill();
  await part("a20 ");
  await server.start();
  await part("a30 ");
  await server.restart();
  await typing;
  await Promise.all([a.saved(), b.saved()]);
  assert.equal(await converge(a, b), `${one}|${two}`);
  assert.equal(await server.text(a.id), `${one}|${two}`);
  await server.kill();
  assert.match(await server.command("verify", a.id, "--json"), /^\s*[[{]/);
});

story("a server that ends politely and comes back loses nothing", async (stage) => {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const a = await ana.create();
  await a.append("acknowledged");
  await a.saved();
  await server.kill("SIGTERM");
  await server.start();
  await a.append(" and after a polite restart");
  await a.saved();
  assert.equal(await server.text(a.id), "acknowledged and after a polite restart");
});

/** A browser of its own process group, so that it can be killed as a whole. */
async function startBrowser(profile) {
  const child = spawn(
    CHROMIUM,
    [...BROWSER_FLAGS, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
    { detached: true, stdio: "ignore" },
  );
  const file = join(profile, "DevToolsActivePort");
  const lines = await until(async () => {
    const text = await readFile(file, "utf8").catch(() => "");
    return text.includes("\n") && text.split("\n");
  }, "the browser's door for tests");
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${lines[0]}`);
  const kill = async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, "SIGKILL");
      await gone;
    }
    await rm(file, { force: true });
  };
  return { context: browser.contexts()[0], kill };
}

story("a browser killed right after saving has everything when it is opened again", async (stage) => {
  const server = await stage.server();
  const profile = await mkdtemp(join(tmpdir(), "palimpsest-profile-"));
  stage.atEnd(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }));
  const line = await Line.to(server);
  stage.atEnd(() => line.close());

  const first = await startBrowser(profile);
  stage.atEnd(first.kill);
  const ana = await stage.welcome(new Person("Ana", first.context, line));
  const home = await ana.open(`${line.address}/`);
  const id = await home.create();
  await home.readyForOffline();
  await home.append("ordered. ");
  await home.saved();
  line.cut();
  await home.append("only on this device.");
  await home.onDevice();
  await first.kill();

  const second = await startBrowser(profile);
  stage.atEnd(second.kill);
  const again = await stage.welcome(new Person("Ana again", second.context, line));
  const tab = await again.open(`${line.address}/d/${id}`);
  await tab.shows("ordered. only on this device.");
  line.mend();
  await tab.saved();
  assert.equal(await server.text(id), "ordered. only on this device.");
});
