// The paragraph one is writing in, which stands out in focus mode.
import { Decoration, ViewPlugin } from "@codemirror/view";

const HERE = Decoration.line({ class: "md-here" });
// A paragraph longer than this is not looked for to its end.
const LINES_MAX = 200;

function draw({ state }) {
  const { doc, selection } = state;
  const full = (n) => n >= 1 && n <= doc.lines && doc.line(n).text.trim() !== "";
  const found = [];
  const { number } = doc.lineAt(selection.main.head);
  let [first, last] = [number, number];
  if (full(number)) {
    while (full(first - 1) && number - first < LINES_MAX) first--;
    while (full(last + 1) && last - number < LINES_MAX) last++;
  }
  for (let n = first; n <= last; n++) found.push(HERE.range(doc.line(n).from));
  return Decoration.set(found);
}

/** The extension that marks its lines. */
export const here = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.lines = draw(view);
    }

    update(update) {
      if (update.view.composing) this.lines = this.lines.map(update.changes);
      else if (update.docChanged || update.selectionSet) this.lines = draw(update.view);
    }
  },
  { decorations: (plugin) => plugin.lines },
);
