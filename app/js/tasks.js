// The boxes of task lists: "- [ ]" shows as a box that can be ticked, until the caret
// comes near and the signs themselves are wanted.
import { syntaxTree } from "@codemirror/language";
import { Decoration, EditorView, ViewPlugin, WidgetType } from "@codemirror/view";

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

function draw(view) {
  const { doc, selection, readOnly } = view.state;
  const boxes = [];
  const near = (from, to) =>
    !readOnly && view.hasFocus && selection.ranges.some((range) => range.from <= to && range.to >= from);
  for (const { from, to } of view.visibleRanges) {
    syntaxTree(view.state).iterate({
      from,
      to,
      enter(node) {
        if (node.name !== "TaskMarker") return;
        const line = doc.lineAt(node.from);
        const sign = /^\s*[-*+][ \t]+$/.exec(doc.sliceString(line.from, node.from));
        const start = sign ? line.from + sign[0].search(/\S/) : node.from;
        if (near(start, node.to)) return;
        const ticked = /[xX]/.test(doc.sliceString(node.from, node.to));
        const widget = new Box(ticked, doc.sliceString(node.to, line.to).trim() || "Task");
        boxes.push(Decoration.replace({ widget }).range(start, node.to));
      },
    });
  }
  return Decoration.set(boxes, true);
}

/** The extension that draws the boxes and ticks them. */
export const tasks = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.boxes = draw(view);
      this.tree = syntaxTree(view.state);
    }

    update(update) {
      const tree = syntaxTree(update.state);
      const moved = update.docChanged || update.viewportChanged || update.selectionSet;
      if (!moved && !update.focusChanged && tree === this.tree) return;
      this.tree = tree;
      this.boxes = draw(update.view);
    }
  },
  {
    decorations: (plugin) => plugin.boxes,
    eventHandlers: {
      mousedown(event, view) {
        const box = event.target instanceof Element && event.target.closest(".md-box");
        if (!box || view.state.readOnly) return false;
        const at = view.state.doc.lineAt(view.posAtDOM(box));
        const sign = /\[([ xX])\]/.exec(at.text);
        if (!sign) return false;
        const from = at.from + sign.index + 1;
        const insert = sign[1] === " " ? "x" : " ";
        view.dispatch({ changes: { from, to: from + 1, insert }, userEvent: "input.type" });
        event.preventDefault();
        return true;
      },
    },
    provide: (plugin) =>
      EditorView.atomicRanges.of((view) => view.plugin(plugin)?.boxes ?? Decoration.none),
  },
);
