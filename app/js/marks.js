// What changed, drawn into a text of the past: at one moment, or between it and now. What
// counts as a change is decided elsewhere.
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";

// Text that is not in the shown document is drawn up to this length.
const GHOST_UNITS_MAX = 4000;

// How many changes that were just drawn are still seen to fade.
const TRAIL_MAX = 24;

const setMarks = StateEffect.define();
const setCurrent = StateEffect.define();

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

/** A task that was ticked or unticked: its box hides the letter that changed. */
class Ticked extends WidgetType {
  constructor(ticked, label) {
    super();
    this.ticked = ticked;
    this.label = label;
  }

  eq(other) {
    return other.ticked === this.ticked && other.label === this.label;
  }

  toDOM() {
    const note = document.createElement("span");
    note.className = "cm-ticked";
    note.dataset.to = this.ticked ? "ticked" : "open";
    note.setAttribute("role", "img");
    note.setAttribute("aria-label", this.label);
    note.title = this.label;
    return note;
  }
}

const field = StateField.define({
  create: () => ({ drawn: Decoration.none, trail: Decoration.none }),
  update({ drawn, trail }, transaction) {
    drawn = drawn.map(transaction.changes);
    trail = trail.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setMarks)) continue;
      trail = effect.value.fade ? fading(drawn, trail) : Decoration.none;
      drawn = draw(effect.value.list, transaction.state.doc.length);
    }
    return { drawn, trail };
  },
  provide: (own) => [
    EditorView.decorations.from(own, ({ drawn }) => drawn),
    EditorView.decorations.from(own, ({ trail }) => trail),
  ],
});

/** The change of a comparison at which one stands. */
const current = StateField.define({
  create: () => Decoration.none,
  update(drawn, transaction) {
    drawn = drawn.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setCurrent)) continue;
      const { from, to } = effect.value;
      if (from < 0) drawn = Decoration.none;
      else if (from < to) drawn = Decoration.set(Decoration.mark({ class: "cm-current" }).range(from, to));
      else drawn = Decoration.set(Decoration.line({ class: "cm-current-line" }).range(transaction.state.doc.lineAt(from).from));
    }
    return drawn;
  },
  provide: (own) => EditorView.decorations.from(own),
});

// What was changed by the moments just before goes on to be seen for a while.
function fading(drawn, trail) {
  const ranges = [];
  const take = (from, to, { spec }) => {
    if (!spec.class?.startsWith("cm-changed") && !spec.class?.startsWith("cm-trail")) return;
    const name = spec.class.replace("cm-changed", "cm-trail");
    if (from < to) ranges.push(Decoration.mark({ class: name }).range(from, to));
  };
  trail.between(0, Infinity, take);
  drawn.between(0, Infinity, take);
  return Decoration.set(ranges.slice(-TRAIL_MAX), true);
}

function draw(marks, length) {
  const ranges = [];
  for (const { kind, from, to, text, colour } of marks) {
    if (to > length) continue;
    if (kind === "ticked" || kind === "unticked") {
      const widget = new Ticked(kind === "ticked", text);
      ranges.push(Decoration.widget({ widget, side: 1 }).range(from));
    } else if (text) {
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
export const marks = [field, current];

/** What is drawn, if this view draws marks. */
export const drawnMarks = (state) => state.field(field, false)?.drawn;

/**
 * The effect that replaces all marks: a list of `{ kind, from, to, text, colour }`, where
 * `kind` is "changed", "added" or "removed"; with `text` it is text that stands at `from`
 * without being in the document. A colour is a class. "ticked" and "unticked" stand beside the
 * box of a task and say so in `text`. With `fade` what was changed before is seen to fade.
 */
export function marksEffect(list, fade) {
  return setMarks.of({ list, fade });
}

/** The effect that marks the change at which one stands; a negative place marks none. */
export function currentEffect(from, to) {
  return setCurrent.of({ from, to });
}
