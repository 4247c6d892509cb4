// The frame of every end-to-end test: servers and people are made on a stage, everything has
// an end in time, and a failure leaves pictures and logs in `artifacts/`.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { BROWSER_FLAGS, CHROMIUM } from "./chromium.mjs";
import { Line } from "./line.mjs";
import { Person } from "./person.mjs";
import { Server } from "./server.mjs";
import { within } from "./waiting.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const ARTIFACTS = process.env.PALIMPSEST_ARTIFACTS ?? join(ROOT, "artifacts");
const STORY_MS_MAX = 60_000;
const CLOSE_MS_MAX = 10_000;

let browser;
after(() => browser?.close());

async function theBrowser() {
  browser ??= await chromium.launch({ executablePath: CHROMIUM, args: BROWSER_FLAGS });
  return browser;
}

/** Where an artefact of this name belongs; its folder is there. */
export async function artifact(name) {
  await mkdir(ARTIFACTS, { recursive: true });
  return join(ARTIFACTS, name);
}

/** The servers and people of one story. */
export class Stage {
  constructor(name) {
    this.name = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 80);
    this.people = [];
    this.ends = [];
    /** Fails as soon as somebody's app does. */
    this.unharmed = new Promise((_, reject) => (this.fail = reject));
    this.unharmed.catch(() => undefined);
  }

  /** What is to be done when the story is over; the last one first. */
  atEnd(end) {
    this.ends.push(end);
  }

  /** A server that runs. */
  async server(auth) {
    const server = await this.emptyServer(auth);
    await server.start();
    return server;
  }

  /** A server that does not run yet. */
  async emptyServer(auth) {
    const server = await Server.prepare(auth);
    this.host = server;
    this.atEnd(() => server.close());
    return server;
  }

  /** Somebody with a browser profile and a line of their own. `options` are Playwright's. */
  async person(server, name, options = {}) {
    const line = await Line.to(server);
    this.atEnd(() => line.close());
    const context = await (await theBrowser()).newContext({
      baseURL: line.address,
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    this.atEnd(() => context.close());
    return this.welcome(new Person(name, context, line));
  }

  /** Takes up somebody whose browser was started elsewhere. */
  async welcome(person) {
    this.people.push(person);
    person.unharmed.catch(this.fail);
    await person.begin();
    return person;
  }

  /** Leaves what helps to understand a failure. */
  async record(error) {
    const log = [String(error?.stack ?? error)];
    for (const person of this.people) {
      for (const [nth, page] of person.context.pages().entries()) {
        const path = await artifact(`failed-${this.name}-${person.name}-${nth}.png`);
        await page.screenshot({ path, timeout: 5000 }).catch(() => undefined);
      }
      log.push(`\n== ${person.name}'s console`, ...person.words);
    }
    log.push("\n== the server", ...(this.host?.words.slice(-60) ?? []));
    await writeFile(await artifact(`failed-${this.name}.log`), `${log.join("\n")}\n`);
  }

  async close() {
    for (const end of this.ends.reverse()) {
      // What cannot be closed is left behind; the test has its result already.
      await within(CLOSE_MS_MAX, end(), "closing").catch(() => undefined);
    }
  }
}

/** A test with a stage. `most` milliseconds are all it may take. */
export function story(name, run, most = STORY_MS_MAX) {
  test(name, async (t) => {
    const stage = new Stage(name);
    try {
      await within(most, Promise.race([run(stage, t), stage.unharmed]), `the end of "${name}"`);
    } catch (error) {
      await within(CLOSE_MS_MAX, stage.record(error), "pictures").catch(() => undefined);
      throw error;
    } finally {
      await stage.close();
    }
  });
}
