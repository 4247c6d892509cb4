// Tables that look like tables and stay text: each line is a row whose cells the browser puts
// under one another, so that one writes in the cell itself and nothing jumps.
import { syntaxTree } from "@codemirror/language";
import { EditorSelection } from "@codemirror/state";
import { Decoration } from "@codemirror/view";

const SIGN = Decoration.mark({ class: "md-pipe" });
const SIGN_OFF = Decoration.mark({ class: "md-pipe md-off" });
const HIDDEN = Decoration.replace({});
// More columns than this are narrow on a phone.
const MANY = 4;
const CELLS = ["", "md-center", "md-end"].map((side) =>
  Decoration.mark({ class: `md-cell ${side}`, inclusiveStart: true }),
);

/** The cells of a row: from its pipe to the next one. The last one has the closing pipe. */
function cells(line, pipes) {
  const found = [];
  const inner = pipes.filter((pipe) => line.text.slice(0, pipe - line.from).trim() !== "");
  const closing = inner.length && line.text.slice(inner.at(-1) + 1 - line.from).trim() === "";
  if (closing) inner.pop();
  let from = line.from;
  for (const pipe of inner) {
    found.push([from, pipe]);
    from = pipe;
  }
  found.push([from, line.to]);
  return found;
}

/** The pipes of a line that part its cells. */
function pipesOf(node, line) {
  const pipes = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name === "TableDelimiter") pipes.push(child.from);
  }
  // The line of dashes is one node.
  if (node.name === "TableDelimiter") {
    for (let at = line.text.indexOf("|"); at >= 0; at = line.text.indexOf("|", at + 1)) {
      pipes.push(line.from + at);
    }
  }
  return pipes;
}

/** Draws one table as far as it can be seen. */
export function drawTable(view, table, from, to, near, out, hidden, frame) {
  const { doc } = view.state;
  const inside = near(table.from, table.to);
  const sides = [];
  const rows = [];
  for (let node = table.firstChild; node; node = node.nextSibling) {
    const line = doc.lineAt(node.from);
    if (node.name === "TableDelimiter") {
      for (const [a, b] of cells(line, pipesOf(node, line))) {
        const dashes = doc.sliceString(a, b).replaceAll("|", "").trim();
        sides.push(!dashes.endsWith(":") ? 0 : dashes.startsWith(":") ? 1 : 2);
      }
    }
    if (line.to >= from && line.from <= to) rows.push([node, line]);
  }
  for (const [node, line] of rows) {
    const pipes = pipesOf(node, line);
    const dashes = node.name === "TableDelimiter";
    const kind = dashes ? "md-dashes" : node.name === "TableHeader" ? "md-head" : "";
    const shown = near(line.from, line.to);
    const off = dashes && !shown ? " md-off" : "";
    const many = sides.length > MANY ? " md-many" : "";
    out.push(Decoration.line({ class: `md-row ${kind}${off}${many}` }).range(line.from));
    cells(line, pipes).forEach(([a, b], nth) => {
      if (a === b) return;
      frame.push(CELLS[sides[nth] ?? 0].range(a, b));
      if (dashes) return;
      // Space that only lines up the source would push the cells apart.
      if (near(a + 1, b)) return;
      const text = doc.sliceString(a, b);
      const before = /^\|?[ \t]?([ \t]+)(?=\S)/.exec(text);
      if (before) hidden.push(HIDDEN.range(a + before[0].length - before[1].length, a + before[0].length));
      // The last one stays: what is hidden at the very end would make a cell of its own.
      const after = /[ \t]+(?=[ \t]$)/.exec(text);
      if (after && after.index > 2) hidden.push(HIDDEN.range(a + after.index, b - 1));
    });
    if (dashes && !shown) continue;
    const sign = inside ? SIGN : SIGN_OFF;
    for (const pipe of pipes) {
      const rest = line.text.slice(pipe - line.from);
      const closing = /^\|\s*$/.test(rest) && pipe > line.from;
      const blank = closing && !shown ? /\s*$/.exec(line.text.slice(0, pipe - line.from))[0].length : 0;
      if (closing && !shown) hidden.push(HIDDEN.range(pipe - blank, line.to));
      else out.push(sign.range(pipe, pipe + (closing ? 1 : /^\| ?/.exec(rest)[0].length)));
    }
  }
}

/** Goes to the next cell, or the one before; past the last one there is a new row. */
export function toCell(step) {
  return (view) => {
    const { state } = view;
    const { head } = state.selection.main;
    const around = (side) => {
      let node = syntaxTree(state).resolveInner(head, side);
      while (node && node.name !== "Table") node = node.parent;
      return node;
    };
    const table = around(-1) ?? around(1);
    if (!table) return false;
    const places = [];
    let columns = 0;
    for (let node = table.firstChild; node; node = node.nextSibling) {
      if (node.name === "TableDelimiter") continue;
      const line = state.doc.lineAt(node.from);
      const row = cells(line, pipesOf(node, line));
      columns = Math.max(columns, row.length);
      for (const [a, b] of row) {
        const text = state.doc.sliceString(a, b);
        const from = a + /^\s*\|?\s?/.exec(text)[0].length;
        const to = a + text.replace(/\s*\|?\s*$/, "").length;
        places.push({ anchor: Math.min(from, b), head: Math.max(Math.min(from, b), to), end: b });
      }
    }
    const here = places.findIndex((place) => head <= place.end);
    const next = places[here + step];
    if (next) {
      view.dispatch({
        selection: EditorSelection.single(next.anchor, next.head),
        scrollIntoView: true,
        userEvent: "select",
      });
      return true;
    }
    if (step < 0 || state.readOnly) return true;
    const insert = `\n|${"   |".repeat(columns)}`;
    view.dispatch({
      changes: { from: table.to, insert },
      selection: { anchor: table.to + 3 },
      scrollIntoView: true,
      userEvent: "input.type",
    });
    return true;
  };
}
