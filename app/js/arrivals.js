// What others wrote just now, faded in: so that one sees where a text changes without being
// told. Long pieces come at once, and nothing is faded for whoever wants less motion; that is
// the style sheet's business. While one writes oneself it stands coloured and does not move: what
// moves has the page painted at every turn of the screen, and each key then waits for the next.
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin } from "@codemirror/view";
import { fromDocument } from "./exchange.js";

/** How long something counts as new, a little longer than its animation. */
const FRESH_MS = 1600;
/** Who wrote so lately is writing. */
const WRITING_MS = 2000;
/** Longer pieces than this are a paste or an opening, not somebody writing. */
const FRESH_UNITS_MAX = 600;

/** What came until then is new no longer. */
const settle = StateEffect.define();

const fresh = (came, still) =>
  Decoration.mark({ class: still ? "cm-arrived cm-still" : "cm-arrived", came, still });

const field = StateField.define({
  create: () => ({ drawn: Decoration.none, wrote: -Infinity }),
  update(now, transaction) {
    let { drawn, wrote } = now;
    for (const effect of transaction.effects) {
      if (effect.is(settle)) drawn = drawn.update({ filter: (_from, _to, { spec }) => spec.came > effect.value });
    }
    if (!transaction.docChanged) return drawn === now.drawn ? now : { drawn, wrote };
    drawn = drawn.map(transaction.changes);
    const time = performance.now();
    if (!transaction.annotation(fromDocument)) return { drawn: stilled(drawn), wrote: time };
    // A change with a selection of its own is one's own undo.
    if (transaction.selection) return { drawn, wrote };
    const mark = fresh(time, time - wrote < WRITING_MS);
    const add = [];
    let units = 0;
    transaction.changes.iterChanges((_fromA, _toA, from, to) => {
      units += to - from;
      if (from < to) add.push(mark.range(from, to));
    });
    if (units <= FRESH_UNITS_MAX && add.length) drawn = drawn.update({ add });
    return { drawn, wrote };
  },
  provide: (own) => EditorView.decorations.from(own, ({ drawn }) => drawn),
});

/** The same, and nothing in it moves. */
function stilled(drawn) {
  const ranges = [];
  let moves = false;
  drawn.between(0, Infinity, (from, to, { spec }) => {
    moves ||= !spec.still;
    ranges.push(fresh(spec.came, true).range(from, to));
  });
  return moves ? Decoration.set(ranges, true) : drawn;
}

/** Forgets each piece some time after it came, whatever came behind it. */
const clock = ViewPlugin.fromClass(
  class {
    timer = 0;

    update({ view, state }) {
      const { drawn } = state.field(field);
      if (this.timer || !drawn.size) return;
      let first = Infinity;
      drawn.between(0, Infinity, (_from, _to, { spec }) => void (first = Math.min(first, spec.came)));
      this.timer = setTimeout(() => {
        this.timer = 0;
        view.dispatch({ effects: settle.of(performance.now() - FRESH_MS) });
      }, Math.max(0, first + FRESH_MS - performance.now()) + 1);
    }

    destroy() {
      clearTimeout(this.timer);
    }
  },
);

/** The extension that fades them in. */
export const arrivals = [field, clock];
