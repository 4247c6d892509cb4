// The boxes of task lists: "- [ ]" shows as a box that can be ticked, until the caret
// comes near and the signs themselves are wanted.
import { Decoration, WidgetType } from "@codemirror/view";

class Box extends WidgetType {
  constructor(ticked, label) {
    super();
    this.ticked = ticked;
    this.label = label;
  }

  eq(other) {
    return other.ticked === this.ticked && other.label === this.label;
  }

  toDOM() {
    const box = document.createElement("span");
    box.className = "md-box";
    box.setAttribute("role", "checkbox");
    box.setAttribute("aria-checked", String(this.ticked));
    box.setAttribute("aria-label", this.label);
    return box;
  }

  ignoreEvent() {
    return false;
  }
}

/** Puts a box in the place of one task's marker. */
export function drawBox(state, node, near, hidden, said) {
  const { doc } = state;
  const line = doc.lineAt(node.from);
  const sign = /[-*+][ \t]+$/.exec(doc.sliceString(line.from, node.from));
  const start = sign ? line.from + sign.index : node.from;
  if (near(start, node.to)) return;
  const ticked = /[xX]/.test(doc.sliceString(node.from, node.to));
  const widget = new Box(ticked, doc.sliceString(node.to, line.to).trim() || said.task);
  hidden.push(Decoration.replace({ widget }).range(start, node.to));
}

/** The changes that tick a line's task, or take the tick back; null if it is none. */
export function ticking(line) {
  const sign = /^[\s>]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ xX])\](?=\s|$)/.exec(line.text);
  if (!sign) return null;
  const from = line.from + sign[0].length - 2;
  return { from, to: from + 1, insert: sign[1] === " " ? "x" : " " };
}

/** Ticks the box that was pressed, if one was. */
export function tick(event, view) {
  const box = event.target instanceof Element && event.target.closest(".md-box");
  if (!box || view.state.readOnly) return false;
  const changes = ticking(view.state.doc.lineAt(view.posAtDOM(box)));
  if (!changes) return false;
  view.dispatch({ changes, userEvent: "input.type" });
  event.preventDefault();
  return true;
}
