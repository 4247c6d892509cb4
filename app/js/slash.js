// The menu that "/" opens at the start of a line or behind a space. The caret stays in the
// text, which says which entry is meant; typing filters, and going on writing closes it.
import { syntaxTree } from "@codemirror/language";
import { Facet, Prec, StateEffect, StateField } from "@codemirror/state";
import { EditorView, keymap, showTooltip } from "@codemirror/view";
import { commands } from "./format.js";
import { words } from "./near.js";

const QUERY_UNITS_MAX = 24;
const LIST_ID = "slash-menu";

/** The entries: `{ run, name, find, hint }`, in the words of the app. */
export const entries = Facet.define({ combine: (given) => given[0] ?? [] });

const choose = StateEffect.define();
const close = StateEffect.define();

function inCode(state, pos) {
  for (let node = syntaxTree(state).resolveInner(pos, -1); node; node = node.parent) {
    if (/Code|HTML|Comment/.test(node.name)) return true;
  }
  return false;
}

/** The entries that have every word of what was typed, those that begin with it first. */
function found(state, query) {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  const all = state.facet(entries);
  const fits = ({ name, find }) =>
    wanted.every((word) => ` ${name} ${find}`.toLowerCase().includes(` ${word}`) || name.toLowerCase().includes(word));
  const first = ({ name }) => (wanted.length && name.toLowerCase().startsWith(wanted[0]) ? 0 : 1);
  return all.filter(fits).sort((a, b) => first(a) - first(b));
}

function opened(transaction) {
  if (!transaction.isUserEvent("input.type") || transaction.isUserEvent("input.type.compose")) return null;
  const { state } = transaction;
  const { main } = state.selection;
  if (!main.empty || state.selection.ranges.length > 1) return null;
  let typed = false;
  transaction.changes.iterChanges((_a, _b, from, to, text) => {
    typed = to === main.head && text.length === 1 && text.toString() === "/" && from === to - 1;
  });
  const before = state.sliceDoc(Math.max(0, main.head - 2), main.head - 1);
  if (!typed || !(before === "" || /\s/.test(before)) || inCode(state, main.head)) return null;
  return { from: main.head - 1, chosen: 0, list: found(state, "") };
}

const menu = StateField.define({
  create: () => null,
  update(now, transaction) {
    const { state } = transaction;
    if (!now) return transaction.docChanged ? opened(transaction) : null;
    if (transaction.effects.some((effect) => effect.is(close))) return null;
    const from = transaction.changes.mapPos(now.from, 1);
    const { head, empty } = state.selection.main;
    if (!empty || head <= from || head - from > QUERY_UNITS_MAX) return null;
    const query = state.sliceDoc(from, head);
    if (query[0] !== "/" || query.includes("\n") || query.startsWith("/ ")) return null;
    let { chosen, list } = now;
    if (transaction.docChanged) {
      list = found(state, query.slice(1));
      chosen = 0;
      if (list.length === 0) return null;
    }
    for (const effect of transaction.effects) if (effect.is(choose)) chosen = effect.value;
    return { from, chosen, list };
  },
  provide: (own) => [
    showTooltip.from(own, (now) => now && { pos: now.from, above: false, strictSide: false, create }),
    EditorView.contentAttributes.compute([own], (state) => {
      const now = state.field(own);
      return now
        ? { "aria-controls": LIST_ID, "aria-activedescendant": `${LIST_ID}-${now.chosen}`, "aria-haspopup": "listbox" }
        : {};
    }),
  ],
});

/** The list itself, drawn anew whenever something in it changed. */
function create(view) {
  const dom = document.createElement("div");
  dom.className = "slash";
  const list = document.createElement("ul");
  list.id = LIST_ID;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", view.state.facet(words).slashMenu);
  dom.append(list);
  const drawn = (now) => {
    list.replaceChildren(
      ...now.list.map((entry, nth) => {
        const item = document.createElement("li");
        item.id = `${LIST_ID}-${nth}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", String(nth === now.chosen));
        const name = document.createElement("span");
        name.textContent = entry.name;
        const hint = document.createElement("kbd");
        hint.textContent = entry.hint;
        hint.setAttribute("aria-hidden", "true");
        item.append(name, hint);
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(view, entry);
        });
        return item;
      }),
    );
    list.children[now.chosen]?.scrollIntoView({ block: "nearest" });
  };
  drawn(view.state.field(menu));
  return {
    dom,
    update(update) {
      const now = update.state.field(menu);
      if (now && now !== update.startState.field(menu)) drawn(now);
    },
  };
}

/** Does what an entry says, in the place of what was typed. */
function take(view, entry) {
  const { from } = view.state.field(menu);
  const to = view.state.selection.main.head;
  view.dispatch({ changes: { from, to }, effects: close.of(null), userEvent: "input.format" });
  commands[entry.run](view);
  view.focus();
  return true;
}

const step = (by) => (view) => {
  const now = view.state.field(menu);
  if (!now) return false;
  const count = now.list.length;
  view.dispatch({ effects: choose.of((now.chosen + by + count) % count) });
  return true;
};
const accept = (view) => {
  const now = view.state.field(menu);
  return now ? take(view, now.list[now.chosen]) : false;
};

/** The extension. */
export const slash = [
  menu,
  Prec.highest(
    keymap.of([
      { key: "ArrowDown", run: step(1) },
      { key: "ArrowUp", run: step(-1) },
      { key: "Enter", run: accept },
      { key: "Tab", run: accept },
      {
        key: "Escape",
        run(view) {
          if (!view.state.field(menu)) return false;
          view.dispatch({ effects: close.of(null) });
          return true;
        },
      },
    ]),
  ),
  EditorView.domEventHandlers({
    blur(_event, view) {
      // Not at once: CodeMirror may be in the midst of an update.
      setTimeout(() => view.state.field(menu, false) && view.dispatch({ effects: close.of(null) }));
    },
  }),
];
