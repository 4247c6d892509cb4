// Who wrote what, drawn under the text: a colour and a line of its own for each author, so that
// the colours need not be told apart. Who they are is decided elsewhere.
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, hoverTooltip } from "@codemirror/view";

const setAuthors = StateEffect.define();

const field = StateField.define({
  create: () => Decoration.none,
  update(drawn, transaction) {
    drawn = drawn.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setAuthors)) drawn = draw(effect.value, transaction.state.doc.length);
    }
    return drawn;
  },
  provide: (own) => EditorView.decorations.from(own),
});

function draw({ flat, classes }, length) {
  const marks = classes.map((name) => Decoration.mark({ class: `cm-author ${name}` }));
  const ranges = [];
  for (let i = 0; i < flat.length; i += 3) {
    const to = Math.min(flat[i + 1], length);
    if (flat[i] < to) ranges.push(marks[flat[i + 2]].range(flat[i], to));
  }
  return Decoration.set(ranges);
}

/** The extension that draws them; `onWho(pos)` says who wrote a character and when. */
export const authors = (onWho) => [
  field,
  hoverTooltip((view, pos) => {
    if (!view.state.field(field).size) return null;
    const words = onWho(pos);
    if (!words) return null;
    const create = () => {
      const dom = document.createElement("div");
      dom.className = "cm-who";
      dom.textContent = words;
      return { dom };
    };
    return { pos, above: true, create };
  }),
];

/**
 * Replaces what is drawn: `[from, to, index, …]`, sorted, where an index names one of
 * `classes`. An empty list draws nothing.
 */
export function showAuthors(view, flat, classes) {
  view.dispatch({ effects: setAuthors.of({ flat, classes }) });
}
