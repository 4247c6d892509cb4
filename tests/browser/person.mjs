// One person: a browser profile with its tabs, a line to the server that can be cut, and a
// record of what their browser complained about.
import { Tab } from "./tab.mjs";

/** With `PALIMPSEST_SLOW=4` every page has a processor that is four times slower, and what the app
 *  fetches when it needs it comes late. It finds stories that hold on a quick machine only. */
const SLOW = Number(process.env.PALIMPSEST_SLOW ?? 1);
const PART_LATE_MS = 700;

/** Somebody who writes. */
export class Person {
  constructor(name, context, line) {
    this.name = name;
    this.context = context;
    this.line = line;
    /** What the browser said, oldest first. */
    this.words = [];
    /** Whether the test itself kills pages. */
    this.mayCrash = false;
    /** Fails when the app fails by itself, whatever the test did to it. */
    this.unharmed = new Promise((_, reject) => {
      this.harm = (what) => reject(new Error(`${this.name}'s app failed: ${what}`));
    });
    // It may fail before or after anybody waits for it.
    this.unharmed.catch(() => undefined);
  }

  /** Listens to the browser from now on. */
  async begin() {
    this.context.on("page", (page) => this.listen(page));
    for (const page of this.context.pages()) this.listen(page);
    await this.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    if (SLOW > 1) await this.slowDown();
  }

  async slowDown() {
    this.context.on("page", async (page) => {
      // The page may be gone already; then it needs no brake.
      const devtools = await this.context.newCDPSession(page).catch(() => undefined);
      await devtools?.send("Emulation.setCPUThrottlingRate", { rate: SLOW }).catch(() => undefined);
    });
    await this.context.addInitScript((late) => {
      const fetchAtOnce = window.fetch;
      window.fetch = async (...what) => {
        const address = String(what[0]?.url ?? what[0]);
        if (address.endsWith(".wasm")) await new Promise((done) => setTimeout(done, late));
        return fetchAtOnce(...what);
      };
    }, PART_LATE_MS);
  }

  listen(page) {
    page.on("console", (message) => {
      const text = message.text();
      this.words.push(`${message.type()}: ${text}`);
      // A panic of the app, or something its own security policy forbids.
      if (/panicked|Content Security Policy/.test(text)) this.harm(text);
    });
    page.on("pageerror", (error) => {
      // What is no error of JavaScript's own has no stack.
      const what = error.stack || `${error.name}: ${error.message} (${JSON.stringify(error)})`;
      this.words.push(`pageerror: ${what}`);
      this.harm(what);
    });
    page.on("crash", () => {
      this.words.push("the page crashed");
      if (!this.mayCrash) this.harm("the page crashed");
    });
  }

  /** Another tab, at an address of the app. */
  async open(path = "/") {
    const tab = new Tab(await this.context.newPage(), this);
    await tab.go(path);
    return tab;
  }

  /** Another tab with a new document. */
  async create() {
    const tab = await this.open("/");
    await tab.create();
    return tab;
  }

  /** No network any more: every connection ends and the browser knows it. */
  async unplug() {
    this.line.cut();
    await this.context.setOffline(true);
  }

  /** The network is back. */
  async plug() {
    this.line.mend();
    await this.context.setOffline(false);
  }
}
