// Find and replace: the panel over the text. What is found, and how replacing makes one edit
// of it, is CodeMirror's search; here is what one sees of it and which keys it has.
import {
  SearchQuery, closeSearchPanel, findNext, findPrevious, getSearchQuery, openSearchPanel,
  replaceAll, replaceNext, search, searchPanelOpen, setSearchQuery,
} from "@codemirror/search";
import { EditorView, keymap, runScopeHandlers } from "@codemirror/view";
import { words } from "./near.js";

// More places than this are not counted, nor is counted longer than this.
const COUNT_MAX = 9999;
const COUNT_MS_MAX = 40;
const COUNT_AFTER_MS = 120;

class Panel {
  constructor(view) {
    this.view = view;
    this.timer = 0;
    const said = view.state.facet(words);
    const readOnly = view.state.readOnly;
    this.dom = document.createElement("div");
    this.dom.className = "find";
    this.dom.setAttribute("role", "search");
    this.dom.setAttribute("aria-label", said.findAndReplace);
    this.find = field(said.find, () => this.commit());
    this.find.setAttribute("main-field", "true");
    this.count = document.createElement("output");
    this.count.setAttribute("aria-live", "polite");
    this.case = toggle("Aa", said.matchCase, () => this.commit());
    this.word = toggle("ab|", said.wholeWord, () => this.commit());
    this.regexp = toggle(".*", said.regexp, () => this.commit());
    const first = row(
      this.find, this.count, this.case, this.word, this.regexp,
      button("↑", said.previous, () => findPrevious(view)),
      button("↓", said.next, () => findNext(view)),
      button("×", said.closeFind, () => this.leave()),
    );
    this.dom.append(first);
    if (!readOnly) {
      this.replace = field(said.replace, () => this.commit());
      this.dom.append(
        row(
          this.replace,
          wordy(said.replaceOne, () => replaceNext(view)),
          wordy(said.replaceAll, () => replaceAll(view)),
        ),
      );
    }
    this.dom.addEventListener("keydown", (event) => this.key(event));
    this.take(getSearchQuery(view.state));
    this.top = true;
  }

  key(event) {
    if (runScopeHandlers(this.view, event, "search-panel")) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.leave();
    } else if (event.key === "Enter" && event.target === this.find) {
      event.preventDefault();
      (event.shiftKey ? findPrevious : findNext)(this.view);
    } else if (event.key === "Enter" && event.target === this.replace) {
      event.preventDefault();
      (event.ctrlKey || event.metaKey ? replaceAll : replaceNext)(this.view);
    }
  }

  leave() {
    closeSearchPanel(this.view);
    this.view.focus();
  }

  commit() {
    const pressed = (one) => one.getAttribute("aria-pressed") === "true";
    const query = new SearchQuery({
      search: this.find.value,
      caseSensitive: pressed(this.case),
      wholeWord: pressed(this.word),
      regexp: pressed(this.regexp),
      replace: this.replace?.value ?? "",
      literal: !pressed(this.regexp),
    });
    if (query.eq(getSearchQuery(this.view.state))) return;
    this.view.dispatch({ effects: setSearchQuery.of(query) });
    if (query.valid && query.search) this.nearest(query);
  }

  /** Shows the first place from the caret on, without taking the focus out of the panel. */
  nearest(query) {
    const { state } = this.view;
    const { from } = state.selection.main;
    const after = query.getCursor(state, from).next();
    const found = after.done ? query.getCursor(state).next() : after;
    if (found.done) return;
    this.view.dispatch({
      selection: { anchor: found.value.from, head: found.value.to },
      effects: EditorView.scrollIntoView(found.value.from, { y: "center" }),
      userEvent: "select.search",
    });
  }

  /** Shows what is searched for. */
  take(query) {
    this.find.value = query.search;
    if (this.replace) this.replace.value = query.replace;
    this.case.setAttribute("aria-pressed", String(query.caseSensitive));
    this.word.setAttribute("aria-pressed", String(query.wholeWord));
    this.regexp.setAttribute("aria-pressed", String(query.regexp));
    this.recount();
  }

  recount() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), COUNT_AFTER_MS);
  }

  /** "3 of 17". */
  tell() {
    const { state } = this.view;
    const said = state.facet(words);
    const query = getSearchQuery(state);
    this.find.toggleAttribute("aria-invalid", query.search !== "" && !query.valid);
    if (!query.search || !query.valid) {
      this.count.textContent = query.search ? said.badRegexp : "";
      return;
    }
    const { from, to } = state.selection.main;
    const until = performance.now() + COUNT_MS_MAX;
    let total = 0;
    let here = 0;
    let more = false;
    const cursor = query.getCursor(state);
    for (let next = cursor.next(); !next.done; next = cursor.next()) {
      total += 1;
      if (next.value.from === from && next.value.to === to) here = total;
      if (total === COUNT_MAX || (total % 64 === 0 && performance.now() > until)) {
        more = true;
        break;
      }
    }
    const all = `${total.toLocaleString("en")}${more ? "+" : ""}`;
    if (total === 0) this.count.textContent = said.notFound;
    else if (here) this.count.textContent = `${here.toLocaleString("en")} ${said.of} ${all}`;
    else this.count.textContent = `${all} ${total === 1 ? said.place : said.places}`;
  }

  mount() {
    this.find.select();
  }

  update(update) {
    let told = update.docChanged || update.selectionSet;
    for (const transaction of update.transactions) {
      for (const effect of transaction.effects) {
        if (!effect.is(setSearchQuery)) continue;
        told = true;
        if (document.activeElement !== this.find && document.activeElement !== this.replace) {
          this.take(effect.value);
        }
      }
    }
    if (told) this.recount();
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

function row(...children) {
  const one = document.createElement("div");
  one.append(...children);
  return one;
}

function field(name, changed) {
  const input = document.createElement("input");
  input.className = "field";
  input.setAttribute("aria-label", name);
  input.placeholder = name;
  input.autocomplete = "off";
  input.spellcheck = false;
  input.addEventListener("input", changed);
  return input;
}

function wordy(name, act) {
  const one = document.createElement("button");
  one.type = "button";
  one.textContent = name;
  one.addEventListener("click", act);
  return one;
}

function button(sign, name, act) {
  const one = wordy(sign, act);
  one.className = "icon quiet";
  one.setAttribute("aria-label", name);
  one.title = name;
  return one;
}

function toggle(sign, name, changed) {
  const one = button(sign, name, () => {
    one.setAttribute("aria-pressed", String(one.getAttribute("aria-pressed") !== "true"));
    changed();
  });
  one.setAttribute("aria-pressed", "false");
  return one;
}

/** Opens the panel, or puts the caret into it. */
export function openFind(view) {
  openSearchPanel(view);
  return true;
}

/** The extension. */
export const find = [
  search({ top: true, createPanel: (view) => new Panel(view), scrollToMatch: (range) => EditorView.scrollIntoView(range, { y: "center" }) }),
  keymap.of([
    {
      // By the key and not by its letter: with Caps Lock on, Shift makes a small "f", and that
      // asks for something else.
      any(view, event) {
        const asked = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
        return asked && event.key.toLowerCase() === "f" && openFind(view);
      },
      scope: "editor search-panel",
    },
    { key: "F3", run: findNext, shift: findPrevious, scope: "editor search-panel", preventDefault: true },
    { key: "Mod-g", run: findNext, shift: findPrevious, scope: "editor search-panel", preventDefault: true },
    {
      key: "Escape",
      run(view) {
        return searchPanelOpen(view.state) && closeSearchPanel(view);
      },
    },
  ]),
];
