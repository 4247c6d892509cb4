// One tab of a person, used as a person uses it: everything is found by the role and the name
// that assistive technology hears, which are part of the public contract.
import { becomes, until } from "./waiting.mjs";

/** A saved document: ordered by the server. */
const SAVED = /^Saved/;
/** On this device, the server does not have it. */
const ON_DEVICE = /On this device/;
/** How long the service worker may take to fetch the app for later. */
const OFFLINE_READY_MS_MAX = 20_000;

/** A page of the app. */
export class Tab {
  constructor(page, person) {
    this.page = page;
    this.person = person;
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  get editor() {
    return this.page.getByRole("textbox", { name: "Document text", exact: true });
  }

  get timeline() {
    return this.page.getByRole("slider", { name: "Timeline", exact: true });
  }

  get status() {
    return this.page.getByRole("status", { name: "Save status", exact: true });
  }

  get title() {
    return this.page.getByRole("textbox", { name: "Title", exact: true });
  }

  /** The document's id, as its address has it. */
  get id() {
    return /^\/d\/([^/]+)$/.exec(new URL(this.page.url()).pathname)?.[1];
  }

  /** The revision that the address names, if it names one. */
  get addressed() {
    const at = new URL(this.page.url()).searchParams.get("at");
    return at === null ? null : Number(at);
  }

  // --- Getting somewhere ------------------------------------------------------------------

  /** Loads an address of the app; a document's is there when its text is. */
  async go(path) {
    await this.page.goto(path);
    if (path.includes("/d/")) await this.ready();
  }

  async ready() {
    await this.editor.waitFor();
  }

  async reload() {
    await this.page.reload();
    if (this.id) await this.ready();
  }

  /** Makes a document by the button and returns its id. */
  async create() {
    await this.button("New document").first().click();
    await this.ready();
    return this.id;
  }

  /** Follows a link inside the app, as a click on it does. */
  async follow(path) {
    await this.page.evaluate((path) => {
      const link = document.createElement("a");
      link.href = path;
      document.body.append(link);
      link.click();
      link.remove();
    }, path);
  }

  /** Follows a link to a revision; the milliseconds until so many frames with it are painted. */
  async seekByLink(at, frames = 1) {
    return this.page.evaluate(async ([path, at, frames]) => {
      const slider = document.querySelector(".line[role=slider]");
      const link = document.createElement("a");
      link.href = path;
      document.body.append(link);
      const start = performance.now();
      link.click();
      link.remove();
      const frame = () => new Promise(requestAnimationFrame);
      while (Number(slider.getAttribute("aria-valuenow")) !== at) await frame();
      for (let painted = 0; painted < frames; painted++) {
        await frame();
        await new Promise((done) => setTimeout(done));
      }
      return performance.now() - start;
    }, [`/d/${this.id}?at=${at}`, at, frames]);
  }

  /** Waits until the app would open without a network. */
  async readyForOffline() {
    const controlled = () => this.page.evaluate(() => !!navigator.serviceWorker.controller);
    await until(controlled, "the service worker takes care", OFFLINE_READY_MS_MAX);
  }

  // --- Writing ----------------------------------------------------------------------------

  /** The whole shown text, also the part that is scrolled away. */
  text() {
    return this.editor.evaluate((element) => globalThis.palimpsestEditor.textOf(element));
  }

  /** Waits until the shown text is this. */
  async shows(text, what = "the shown text") {
    await becomes(() => this.text(), text, what);
  }

  /** Waits until the shown text contains this. */
  async showsPart(part) {
    await until(async () => (await this.text()).includes(part), `the text contains "${part}"`);
  }

  /** Puts the caret before the n-th UTF-16 unit of the text by keys; at the end without n. */
  async caret(n) {
    await this.editor.focus();
    if (n === undefined) {
      await this.page.keyboard.press("Control+End");
      return;
    }
    await this.page.keyboard.press("Control+Home");
    for (let i = 0; i < n; i++) await this.page.keyboard.press("ArrowRight");
  }

  /** Types where the caret is, key by key. */
  async type(text, delay = 0) {
    await this.page.keyboard.type(text, { delay });
  }

  /** Types at the end of the text. */
  async append(text, delay = 0) {
    await this.caret();
    await this.type(text, delay);
  }

  /** Pastes where the caret is, as the browser does with what was copied elsewhere. */
  async paste(text) {
    await this.page.evaluate((text) => navigator.clipboard.writeText(text), text);
    await this.editor.focus();
    await this.page.keyboard.press("Control+V");
  }

  /** Every edit is ordered by the server; a long history may take `ms` to come. */
  async saved(ms) {
    await this.told(SAVED, ms);
  }

  /** Every edit is on this device, and the server is out of reach. */
  async onDevice() {
    await this.told(ON_DEVICE);
  }

  /** Waits until the save status says so. */
  async told(words, ms) {
    let said = "";
    const look = async () => words.test((said = (await this.status.innerText()).trim()));
    await until(look, `the save status says ${words}`, ms).catch((error) => {
      throw new Error(`${error.message}; it says "${said}"`);
    });
  }

  /** Gives the person a name and perhaps a colour, from 1, that others see. */
  async introduce(name, colour) {
    await this.page.getByRole("button", { name: /Name and colour/ }).last().click();
    await this.page.getByRole("textbox", { name: "Your name" }).fill(name);
    if (colour) await this.page.getByRole("radio", { name: `Colour ${colour}` }).check({ force: true });
    await this.button("Save").click();
    await this.page.getByRole("dialog").waitFor({ state: "hidden" });
  }

  // --- The past ---------------------------------------------------------------------------

  /** The revision where the time machine stands. */
  async revision() {
    return Number(await this.timeline.getAttribute("aria-valuenow"));
  }

  /** The last revision that the time machine knows. */
  async last() {
    return Number(await this.timeline.getAttribute("aria-valuemax"));
  }

  /** Waits until the time machine stands there. */
  async standsAt(revision) {
    await becomes(() => this.revision(), revision, "the revision of the timeline");
  }

  /** Presses a key on the timeline. */
  async timelineKey(key) {
    await this.timeline.focus();
    await this.page.keyboard.press(key);
  }

  /** Whether the page says that the past is shown. */
  isPast() {
    return this.button("Back to now").isVisible();
  }
}
