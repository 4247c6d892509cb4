// Pictures stand as a small card that says what they are and where they come from. Nothing is
// fetched before somebody asks for it.
import { WidgetType } from "@codemirror/view";
import { safePicture } from "./address.js";
import { words } from "./near.js";

// What was asked for stays shown while the page is open, wherever else it stands.
const asked = new Set();

/** The card of a picture, or the picture. */
export class Picture extends WidgetType {
  constructor(alt, url) {
    super();
    this.alt = alt;
    this.url = url;
  }

  eq(other) {
    return other.alt === this.alt && other.url === this.url;
  }

  toDOM(view) {
    const said = view.state.facet(words);
    const frame = document.createElement("span");
    frame.className = "md-picture";
    frame.contentEditable = "false";
    const address = safePicture(this.url);
    if (address && asked.has(address)) {
      this.show(view, frame, address, said);
      return frame;
    }
    const name = document.createElement("b");
    name.textContent = this.alt || said.picture;
    const from = document.createElement("small");
    from.textContent = address ? new URL(address).host : said.badAddress;
    from.title = this.url;
    frame.append(name, from);
    if (address) {
      const load = document.createElement("button");
      load.type = "button";
      load.textContent = said.loadPicture;
      load.title = address;
      load.addEventListener("click", () => {
        asked.add(address);
        frame.replaceChildren();
        this.show(view, frame, address, said);
      });
      frame.append(load);
    }
    return frame;
  }

  show(view, frame, address, said) {
    frame.classList.add("md-loaded");
    const image = document.createElement("img");
    image.alt = this.alt;
    image.referrerPolicy = "no-referrer";
    image.decoding = "async";
    image.addEventListener("load", () => view.requestMeasure());
    image.addEventListener("error", () => {
      asked.delete(address);
      frame.classList.remove("md-loaded");
      const failed = document.createElement("small");
      failed.textContent = `${this.alt} — ${said.noPicture}`;
      frame.replaceChildren(failed);
      view.requestMeasure();
    });
    image.src = address;
    frame.append(image);
  }

  get estimatedHeight() {
    return 40;
  }

  ignoreEvent() {
    return true;
  }
}
