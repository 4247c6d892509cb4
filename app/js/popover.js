// What a link or a footnote leads to, beside the caret that stands in it: the address or the
// note itself, and what can be done with it.
import { StateEffect, StateField } from "@codemirror/state";
import { EditorView, keymap, showTooltip } from "@codemirror/view";
import { addressOf, definitionIn, follow, linkNear, noteOf, open, safe } from "./address.js";
import { words } from "./near.js";

const put = StateEffect.define();
const NOTE_UNITS_MAX = 240;

const field = StateField.define({
  create: () => ({ at: null, shown: null }),
  update(now, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(put)) return { at: now.at, shown: null };
    }
    if (!transaction.docChanged && !transaction.selection) return now;
    const { state } = transaction;
    const { main } = state.selection;
    // Only going somewhere asks what is there; writing goes on undisturbed.
    if (transaction.docChanged || !main.empty) return { at: null, shown: null };
    const found = thing(state, main.head);
    if (!found) return now.shown || now.at ? { at: null, shown: null } : now;
    if (now.at === found.from) return now;
    return { at: found.from, shown: found };
  },
  provide: (own) =>
    showTooltip.from(own, ({ shown }) => shown && { pos: shown.from, above: false, create: (view) => draw(view, shown) }),
});

/** The link, footnote or definition at a position. */
function thing(state, pos) {
  const line = state.doc.lineAt(pos);
  const id = line.length < 2000 ? definitionIn(line.text) : null;
  if (id && pos <= line.from + id.length + 4) {
    return { kind: "definition", from: line.from, id };
  }
  return linkNear(state, pos);
}

function draw(view, found) {
  const said = view.state.facet(words);
  const dom = document.createElement("div");
  dom.className = "popover";
  dom.setAttribute("role", "group");
  dom.setAttribute("aria-label", said.link);
  // A press on a button leaves the caret where it is; not every browser gives buttons the focus.
  dom.addEventListener("mousedown", (event) => event.preventDefault());
  const told = document.createElement("span");
  const button = (name, act) => {
    const one = document.createElement("button");
    one.type = "button";
    one.textContent = name;
    one.addEventListener("click", act);
    dom.append(one);
  };
  dom.append(told);
  if (found.kind === "definition") {
    told.textContent = said.footnote;
    button(said.goToReference, () => follow(view, found.id, true));
  } else if (found.kind === "note") {
    told.textContent = noteOf(view.state, found.id)?.text.slice(0, NOTE_UNITS_MAX) || said.noNote;
    button(said.goToNote, () => follow(view, found.id, false));
  } else {
    const address = addressOf(view.state, found);
    told.textContent = address || said.noAddress;
    if (safe(address)) button(said.open, () => open(address));
    else if (address) told.textContent = `${address} — ${said.badAddress}`;
    button(said.copy, () => void navigator.clipboard?.writeText(address).catch(() => undefined));
    if (found.address) {
      button(said.edit, () => {
        const [anchor, head] = found.address;
        view.dispatch({ selection: { anchor, head }, scrollIntoView: true });
        view.focus();
      });
    }
  }
  return { dom };
}

/** The extension. */
export const popover = [
  field,
  keymap.of([
    {
      key: "Escape",
      run(view) {
        if (!view.state.field(field).shown) return false;
        view.dispatch({ effects: put.of(null) });
        return true;
      },
    },
  ]),
  EditorView.domEventHandlers({
    blur(event, view) {
      if (event.relatedTarget instanceof Element && event.relatedTarget.closest(".popover")) return;
      setTimeout(() => view.state.field(field, false)?.shown && view.dispatch({ effects: put.of(null) }));
    },
  }),
];
