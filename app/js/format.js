// What keys, the palette and the slash menu do to the text. Each of these is one edit, and
// each takes back what it did when it is asked for twice.
import { indentLess, indentMore, moveLineDown, moveLineUp } from "@codemirror/commands";
import { EditorSelection } from "@codemirror/state";
import { followAt } from "./preview.js";
import { safe } from "./address.js";
import { ticking } from "./tasks.js";

const INPUT = { userEvent: "input.format", scrollIntoView: true };

/** Puts signs around the selection, or the word at the caret; takes them away if they are there. */
function around(sign) {
  const length = sign.length;
  return ({ state, dispatch }) => {
    const spec = state.changeByRange((range) => {
      let { from, to } = range;
      const at = (a, b) => state.sliceDoc(Math.max(0, a), b);
      // One star inside of two is no emphasis of its own.
      const single = (pos) => length > 1 || at(pos - 1, pos) !== sign || /^([*_])\1\1/.test(at(pos - 2, pos + 1));
      if (range.empty) {
        if (at(from - length, from) === sign && at(to, to + length) === sign) {
          const changes = [{ from: from - length, to: from }, { from: to, to: to + length }];
          return { changes, range: EditorSelection.cursor(from - length) };
        }
        const word = state.wordAt(from);
        if (!word) {
          const range = EditorSelection.cursor(from + length);
          return { changes: { from, insert: sign + sign }, range };
        }
        ({ from, to } = word);
      }
      // Space at the ends stays outside: signs next to it are none.
      const text = at(from, to);
      from += text.length - text.trimStart().length;
      to -= text.length - text.trimEnd().length;
      if (from >= to) return { range };
      if (at(from - length, from) === sign && at(to, to + length) === sign && single(from - length)) {
        const changes = [{ from: from - length, to: from }, { from: to, to: to + length }];
        return { changes, range: EditorSelection.range(from - length, to - length) };
      }
      if (to - from > 2 * length && at(from, from + length) === sign && at(to - length, to) === sign) {
        const changes = [{ from, to: from + length }, { from: to - length, to }];
        return { changes, range: EditorSelection.range(from, to - 2 * length) };
      }
      const changes = [{ from, insert: sign }, { from: to, insert: sign }];
      const moved = range.empty
        ? EditorSelection.cursor(range.from + length)
        : EditorSelection.range(from + length, to + length);
      return { changes, range: moved };
    });
    dispatch(state.update(spec, INPUT));
    return true;
  };
}

/** Every line that is selected, once. */
function linesOf(state) {
  const lines = new Map();
  for (const { from, to } of state.selection.ranges) {
    for (let pos = from; pos <= to; ) {
      const line = state.doc.lineAt(pos);
      lines.set(line.from, line);
      pos = line.to + 1;
    }
  }
  return [...lines.values()];
}

const BLOCK = /^([ \t]*(?:>[ \t]?)*)(#{1,6}[ \t]+|(?:[-+*]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?)?/;

/** Gives every selected line another beginning, or none if all have it. */
function begin(is, make) {
  return ({ state, dispatch }) => {
    const all = linesOf(state);
    const full = all.filter((line) => line.text.trim());
    const lines = full.length ? full : all;
    const parts = lines.map((line) => {
      const [whole, outer, sign = ""] = BLOCK.exec(line.text);
      return { from: line.from + outer.length, to: line.from + whole.length, sign };
    });
    const undo = parts.every(({ sign }) => is(sign));
    const changes = parts.map(({ from, to, sign }, nth) => ({
      from, to, insert: undo ? "" : make(nth, sign),
    }));
    put(state, dispatch, changes);
    return true;
  };
}

/** Makes changes at the beginnings of lines; a caret there comes to stand behind them. */
function put(state, dispatch, list) {
  const changes = state.changes(list);
  dispatch(state.update({ changes, selection: state.selection.map(changes, 1) }, INPUT));
}

const heading = (level) => {
  const sign = level ? `${"#".repeat(level)} ` : "";
  return begin((now) => level > 0 && now.trim() === sign.trim(), () => sign);
};
const bullets = begin((sign) => /^[-+*][ \t]+$/.test(sign), () => "- ");
const numbers = begin((sign) => /^\d+[.)][ \t]+$/.test(sign), (nth) => `${nth + 1}. `);
const tasks = begin((sign) => /\[[ xX]\]/.test(sign), () => "- [ ] ");

/** Quotes the selected lines, or ends the quotation. */
function quote({ state, dispatch }) {
  const lines = linesOf(state);
  const quoted = lines.every((line) => line.text.startsWith(">"));
  const changes = lines.map(({ from, text }) =>
    quoted ? { from, to: from + /^>[ \t]?/.exec(text)[0].length } : { from, insert: "> " },
  );
  put(state, dispatch, changes);
  return true;
}

/** Puts fences around the selected lines. */
function fence({ state, dispatch }) {
  const lines = linesOf(state);
  const [from, to] = [lines[0].from, lines.at(-1).to];
  const text = state.sliceDoc(from, to);
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map((found) => found[0].length));
  const sign = "`".repeat(longest + 1);
  const changes = [{ from, insert: `${sign}\n` }, { from: to, insert: `\n${sign}` }];
  const anchor = text ? from + sign.length : from + sign.length + 1;
  dispatch(state.update({ changes, selection: { anchor } }, INPUT));
  return true;
}

/** Makes a link of the selection, or of an address, and puts the caret where something lacks. */
function link({ state, dispatch }) {
  const spec = state.changeByRange((range) => {
    const text = state.sliceDoc(range.from, range.to);
    const address = /^(?:\w+:|www\.)\S+$/.test(text) && safe(text);
    const insert = address ? `[](${text})` : `[${text}]()`;
    const at = address || !text ? range.from + 1 : range.from + text.length + 3;
    return { changes: { from: range.from, to: range.to, insert }, range: EditorSelection.cursor(at) };
  });
  dispatch(state.update(spec, INPUT));
  return true;
}

/** Inserts something on lines of its own; `[` and `]` stand around what is selected then. */
function block(text) {
  return ({ state, dispatch }) => {
    const line = state.doc.lineAt(state.selection.main.head);
    const empty = line.text.trim() === "";
    const before = empty ? "" : "\n\n";
    const from = empty ? line.from : line.to;
    const start = from + before.length + text.indexOf("⟦");
    const end = from + before.length + text.indexOf("⟧") - 1;
    const insert = before + text.replace(/[⟦⟧]/g, "");
    const selection = text.includes("⟦")
      ? EditorSelection.single(start, end)
      : EditorSelection.single(from + insert.length);
    dispatch(state.update({ changes: { from, to: line.to, insert }, selection }, INPUT));
    return true;
  };
}

/** Inserts something where the caret is. */
function inline(make) {
  return ({ state, dispatch }) => {
    const { from, to } = state.selection.main;
    const text = make(state.sliceDoc(from, to));
    const at = text.indexOf("⟦");
    const insert = text.replace("⟦", "");
    const anchor = from + (at < 0 ? insert.length : at);
    dispatch(state.update({ changes: { from, to, insert }, selection: { anchor } }, INPUT));
    return true;
  };
}

/** Refers to a new footnote here, and goes to where it is written, at the end of the text. */
function footnote({ state, dispatch }) {
  const { head } = state.selection.main;
  const taken = [...state.sliceDoc().matchAll(/\[\^(\d+)\]/g)].map((found) => Number(found[1]));
  const id = Math.max(0, ...taken) + 1;
  const end = state.doc.length;
  const last = state.doc.lineAt(end).text;
  const before = last === "" ? "" : /^\[\^[^\]]+\]:/.test(last) ? "\n" : "\n\n";
  const note = `${before}[^${id}]: `;
  const sign = `[^${id}]`;
  const changes = [{ from: head, insert: sign }, { from: end, insert: note }];
  const selection = { anchor: end + sign.length + note.length };
  dispatch(state.update({ changes, selection }, INPUT));
  return true;
}

/** Ticks the tasks of the selected lines. */
function tickLines({ state, dispatch }) {
  const changes = linesOf(state).map(ticking).filter((change) => change !== null);
  if (changes.length === 0) return false;
  dispatch(state.update({ changes }, { userEvent: "input.type" }));
  return true;
}

function today() {
  const now = new Date();
  const two = (n) => String(n).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** Everything that can be done to the text, by the name the app knows it by. */
export const commands = {
  bold: around("**"),
  italic: around("*"),
  code: around("`"),
  strike: around("~~"),
  link,
  text: heading(0),
  heading1: heading(1),
  heading2: heading(2),
  heading3: heading(3),
  heading4: heading(4),
  heading5: heading(5),
  heading6: heading(6),
  bullets,
  numbers,
  tasks,
  tick: tickLines,
  quote,
  fence,
  table: block("| ⟦⟧ |  |\n| --- | --- |\n|  |  |"),
  rule: block("---\n"),
  picture: inline((text) => `![${text}](⟦)`),
  footnote,
  date: inline(today),
  lineUp: moveLineUp,
  lineDown: moveLineDown,
  indent: indentMore,
  outdent: indentLess,
  follow: (view) => followAt(view, view.state.selection.main.head),
};

/** The keys of some of them; the app lists the same. */
export const formatKeys = [
  ["Mod-b", "bold"], ["Mod-i", "italic"], ["Mod-e", "code"], ["Mod-Shift-x", "strike"],
  ["Mod-Shift-l", "link"],
  ...[1, 2, 3, 4, 5, 6].map((level) => [`Mod-Alt-${level}`, `heading${level}`]),
  ["Mod-Alt-0", "text"],
  ["Mod-Shift-7", "numbers"], ["Mod-Shift-8", "bullets"], ["Mod-Shift-9", "tasks"],
  ["Mod-Shift-.", "quote"], ["Mod-Enter", "tick"], ["Alt-Enter", "follow"],
].map(([key, name]) => ({ key, run: commands[name], preventDefault: true }));
