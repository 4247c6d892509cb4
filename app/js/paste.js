// What happens to what is pasted: a page becomes Markdown, an address over a selection makes a
// link of it, and plain text (also with Ctrl Shift V) stays what it is.
import { syntaxTree } from "@codemirror/language";
import { EditorSelection } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { safe } from "./address.js";
import { fromHtml } from "./markdown.js";

// More than this would stop the page for too long; its plain text is pasted instead.
const HTML_UNITS_MAX = 2_000_000;

function inCode(state) {
  const { from } = state.selection.main;
  for (let node = syntaxTree(state).resolveInner(from, -1); node; node = node.parent) {
    if (/Code/.test(node.name)) return true;
  }
  return false;
}

function insert(view, make) {
  const spec = view.state.changeByRange((range) => {
    const text = make(range);
    const cursor = EditorSelection.cursor(range.from + text.length);
    return { changes: { from: range.from, to: range.to, insert: text }, range: cursor };
  });
  view.dispatch(spec, { userEvent: "input.paste", scrollIntoView: true });
}

/** The extension. */
export const paste = [
  EditorView.clipboardInputFilter.of((pasted) => pasted.replace(/\r\n?/g, "\n")),
  EditorView.domEventHandlers({
    paste(event, view) {
      const data = event.clipboardData;
      if (!data || view.state.readOnly || inCode(view.state)) return false;
      const plain = data.getData("text/plain");
      const { main, ranges } = view.state.selection;
      const address = /^(?:https?:\/\/|mailto:|www\.)\S+$/i.test(plain.trim()) && safe(plain) ? plain.trim() : null;
      const words = view.state.sliceDoc(main.from, main.to);
      if (address && !main.empty && !words.includes("\n") && !/^\S+:\/\/\S+$/.test(words)) {
        event.preventDefault();
        const target = /[()\s]/.test(address) ? `<${address}>` : address;
        insert(view, (range) => `[${view.state.sliceDoc(range.from, range.to)}](${target})`);
        return true;
      }
      const html = data.getData("text/html");
      // Code editors copy their colours along; what is meant is the text.
      const code = data.types.includes("vscode-editor-data") || address;
      if (!html || html.length > HTML_UNITS_MAX || code || ranges.length > 1) return false;
      const text = fromHtml(html);
      if (!text) return false;
      event.preventDefault();
      insert(view, () => text);
      return true;
    },
  }),
];
