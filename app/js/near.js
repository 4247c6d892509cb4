// Where the caret is, for whatever shows marks only there. While a mouse button is down the
// answer stays what it was, so that nothing moves away under the pointer; where there is no
// caret, in the past or on paper, the answer is what changed there, or nothing.
import { Facet, StateEffect } from "@codemirror/state";
import { ViewPlugin } from "@codemirror/view";
import { drawnMarks } from "./marks.js";

/** Every word that the bridge shows, by its key; the app says them. */
export const words = Facet.define({ combine: (given) => given[0] ?? {} });

/** Asks everything that depends on the caret to be drawn again. */
export const redraw = StateEffect.define();

const pointer = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.view = view;
      this.held = null;
      this.printing = false;
      this.release = () => {
        if (!this.held) return;
        this.held = null;
        // The end of a press is also heard by CodeMirror, which may be at work just then.
        setTimeout(() => this.draw());
      };
      this.print = () => this.onPaper(true);
      this.printed = () => this.onPaper(false);
      for (const name of ["mouseup", "dragend", "blur"]) addEventListener(name, this.release);
      addEventListener("beforeprint", this.print);
      addEventListener("afterprint", this.printed);
    }

    onPaper(printing) {
      this.printing = printing;
      this.draw();
    }

    draw() {
      if (!this.gone) this.view.dispatch({ effects: redraw.of(null) });
    }

    destroy() {
      this.gone = true;
      for (const name of ["mouseup", "dragend", "blur"]) removeEventListener(name, this.release);
      removeEventListener("beforeprint", this.print);
      removeEventListener("afterprint", this.printed);
    }
  },
  {
    eventObservers: {
      mousedown(_event, view) {
        this.held = view.hasFocus ? view.state.selection.ranges : [];
      },
      // A dialog that closes gives the keyboard back to the text, but not the place in it:
      // keys that come before CodeMirror looks would go nowhere. A press finds its own place.
      focus(_event, view) {
        const place = view.root.getSelection();
        if (!this.held && !view.contentDOM.contains(place?.anchorNode ?? null)) view.focus();
      },
    },
  },
);

/** Whether an update may change what is near the caret. */
export function moved(update) {
  return (
    update.selectionSet ||
    update.focusChanged ||
    update.transactions.some((one) => one.effects.some((effect) => effect.is(redraw)))
  );
}

/** A test for stretches of the text: is the caret or the selection in or beside it? */
export function nearness(view) {
  const { held, printing } = view.plugin(pointer) ?? {};
  if (printing) return () => false;
  if (view.state.readOnly) {
    // Where one edit of the past is shown, its marks may be what it changed. A comparison of
    // two moments says in words and boxes what became of them.
    const drawn = drawnMarks(view.state);
    return (from, to) => {
      let touched = false;
      drawn?.between(from, to, (a, b, { spec }) => {
        touched = a < b && a < to && b > from && spec.class?.startsWith("cm-changed");
        return !touched;
      });
      return touched;
    };
  }
  const ranges = held ?? (view.hasFocus ? view.state.selection.ranges : []);
  return (from, to) => ranges.some((range) => range.from <= to && range.to >= from);
}

/** The extension that makes `nearness` hold still while something is pressed. */
export const near = pointer;
