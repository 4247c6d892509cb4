// What changed, drawn into a text of the past: at one moment, or between it and now. What
// counts as a change is decided elsewhere.
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";

// Text that is not in the shown document is drawn up to this length.
const GHOST_UNITS_MAX = 4000;

const setMarks = StateEffect.define();

/** Text that the shown document does not contain: already deleted, or not yet written. */
class Ghost extends WidgetType {
  constructor(text, kind) {
    super();
    this.text = text;
    this.kind = kind;
  }

  eq(other) {
    return other.text === this.text && other.kind === this.kind;
  }

  toDOM() {
    const ghost = document.createElement(this.kind === "removed" ? "del" : "ins");
    ghost.className = `cm-${this.kind} cm-ghost`;
    const long = this.text.length > GHOST_UNITS_MAX;
    // Drawn by the style sheet: it can be seen and heard, and is never copied as if the
    // shown document contained it.
    ghost.dataset.text = long ? `${this.text.slice(0, GHOST_UNITS_MAX)} …` : this.text;
    return ghost;
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
      if (effect.is(setMarks)) drawn = draw(effect.value);
    }
    return drawn;
  },
  provide: (own) => EditorView.decorations.from(own),
});

function draw(marks) {
  const ranges = [];
  for (const { kind, from, to, text, colour } of marks) {
    if (text) {
      ranges.push(Decoration.widget({ widget: new Ghost(text, kind), side: 1 }).range(from));
    } else if (from < to) {
      const tagName = kind === "removed" ? "del" : kind === "added" ? "ins" : "mark";
      const mark = Decoration.mark({ class: `cm-${kind} ${colour ?? ""}`, tagName });
      ranges.push(mark.range(from, to));
    }
  }
  return Decoration.set(ranges, true);
}

/** The extension that draws them. */
export const marks = field;

/**
 * The effect that replaces all marks: a list of `{ kind, from, to, text, colour }`, where
 * `kind` is "changed", "added" or "removed"; with `text` it is text that stands at `from`
 * without being in the document. A colour is a class.
 */
export function marksEffect(list) {
  return setMarks.of(list);
}
