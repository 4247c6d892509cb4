// What others wrote just now, faded in: so that one sees where a text changes without being
// told. Long pieces come at once, and nothing is faded for whoever wants less motion; that is
// the style sheet's business.
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin } from "@codemirror/view";
import { fromDocument } from "./exchange.js";

/** How long something counts as new, a little longer than its animation. */
const FRESH_MS = 1600;
/** Longer pieces than this are a paste or an opening, not somebody writing. */
const FRESH_UNITS_MAX = 600;

const settle = StateEffect.define();
const fresh = Decoration.mark({ class: "cm-arrived" });

const field = StateField.define({
  create: () => Decoration.none,
  update(drawn, transaction) {
    for (const effect of transaction.effects) if (effect.is(settle)) return Decoration.none;
    drawn = drawn.map(transaction.changes);
    // A change with a selection of its own is one's own undo.
    if (!transaction.annotation(fromDocument) || transaction.selection) return drawn;
    const add = [];
    let units = 0;
    transaction.changes.iterChanges((_fromA, _toA, from, to) => {
      units += to - from;
      if (from < to) add.push(fresh.range(from, to));
    });
    return units > FRESH_UNITS_MAX || !add.length ? drawn : drawn.update({ add });
  },
  provide: (own) => EditorView.decorations.from(own),
});

/** Forgets what is new when nothing came for a while. */
const clock = ViewPlugin.fromClass(
  class {
    update(update) {
      if (!update.docChanged || !update.state.field(field).size) return;
      clearTimeout(this.timer);
      const { view } = update;
      this.timer = setTimeout(() => view.dispatch({ effects: settle.of(null) }), FRESH_MS);
    }

    destroy() {
      clearTimeout(this.timer);
    }
  },
);

/** The extension that fades them in. */
export const arrivals = [field, clock];
