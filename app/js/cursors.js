// Other people's carets and selections in the text. Who they are and where is decided
// elsewhere; here they are only drawn, and moved along until the next word about them.
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";

const setCursors = StateEffect.define();

class Caret extends WidgetType {
  constructor(name, colour) {
    super();
    this.name = name;
    this.colour = colour;
  }

  eq(other) {
    return other.name === this.name && other.colour === this.colour;
  }

  toDOM() {
    const caret = document.createElement("span");
    caret.className = `cm-person ${this.colour}`;
    caret.setAttribute("aria-hidden", "true");
    // The name is drawn by the style sheet, so that it is never part of the text that is
    // read aloud, searched or copied.
    caret.dataset.name = this.name;
    return caret;
  }

  ignoreEvent() {
    return true;
  }
}

const field = StateField.define({
  create: () => Decoration.none,
  update(drawn, transaction) {
    drawn = drawn.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setCursors)) drawn = draw(effect.value, transaction.state.doc.length);
    }
    return drawn;
  },
  provide: (own) => EditorView.decorations.from(own),
});

function draw(people, length) {
  const ranges = [];
  const inside = (pos) => Math.max(0, Math.min(pos, length));
  for (const { name, colour, anchor, head } of people) {
    const from = inside(Math.min(anchor, head));
    const to = inside(Math.max(anchor, head));
    if (from < to) {
      ranges.push(Decoration.mark({ class: `cm-person-range ${colour}` }).range(from, to));
    }
    const side = head < anchor ? -1 : 1;
    ranges.push(Decoration.widget({ widget: new Caret(name, colour), side }).range(inside(head)));
  }
  return Decoration.set(ranges, true);
}

/** The extension that draws them. */
export const cursors = field;

/** Replaces everybody: a list of `{ name, colour, anchor, head }`; a colour is a class. */
export function showCursors(view, people) {
  view.dispatch({ effects: setCursors.of(people) });
}
