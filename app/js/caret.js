// One's own caret, which blinks by being shown and hidden in turn. CodeMirror has an animation
// blink it, and while any animation runs the browser makes frames all the time: each key then
// waits for the next one, and a page at rest keeps a processor awake.
import { drawSelection, ViewPlugin } from "@codemirror/view";
import { fromDocument } from "./exchange.js";

/** How long it is seen, and how long it is not. */
const HALF_MS = 600;
const HIDDEN = "cm-caret-hidden";

const blink = ViewPlugin.fromClass(
  class {
    timer = 0;

    constructor(view) {
      this.view = view;
      this.restart();
    }

    update({ selectionSet, focusChanged, transactions }) {
      // What others write does not keep it from blinking.
      const writes = transactions.some((one) => one.docChanged && !one.annotation(fromDocument));
      if (writes || selectionSet || focusChanged) this.restart();
    }

    restart() {
      clearInterval(this.timer);
      this.timer = 0;
      this.show(true);
      if (this.view.hasFocus) this.timer = setInterval(() => this.show(this.hidden), HALF_MS);
    }

    show(shown) {
      this.hidden = !shown;
      this.view.scrollDOM.classList.toggle(HIDDEN, this.hidden);
    }

    destroy() {
      clearInterval(this.timer);
    }
  },
);

/** The extension that draws the caret and what is selected. */
export const caret = [drawSelection({ cursorBlinkRate: 0 }), blink];
