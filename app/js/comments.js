// The passages that comments speak of, underlined in the text, and the cards beside it. What is
// said, and about which passage, is decided elsewhere; what is clicked is told by an event that
// bubbles up from the text.
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin, showTooltip } from "@codemirror/view";

const setPassages = StateEffect.define();
const setDraft = StateEffect.define();
const setCommentable = StateEffect.define();

/** What a card of something that is still being written calls its passage. */
const DRAFT = "draft";
/** Between two cards, in pixels. */
const GAP = 8;

const markOf = (id, kind) =>
  Decoration.mark({
    class: `cm-comment cm-comment-${kind}`,
    attributes: { "data-comment": id },
    id,
    kind,
  });

/** The underlined ranges. Their ends do not grow: what is written there is outside. */
const passages = StateField.define({
  create: () => Decoration.none,
  update(drawn, transaction) {
    drawn = drawn.map(transaction.changes);
    const { length } = transaction.state.doc;
    const inside = (pos) => Math.max(0, Math.min(pos, length));
    for (const effect of transaction.effects) {
      if (effect.is(setPassages)) {
        const add = effect.value
          .map(({ id, from, to, kind }) => ({ id, kind, from: inside(from), to: inside(to) }))
          .filter(({ from, to }) => from < to)
          .map(({ id, kind, from, to }) => markOf(id, kind).range(from, to));
        const filter = (_from, _to, mark) => mark.spec.id === DRAFT;
        drawn = drawn.update({ filter, add, sort: true });
      } else if (effect.is(setDraft)) {
        const filter = (_from, _to, mark) => mark.spec.id !== DRAFT;
        const [from, to] = effect.value?.map(inside) ?? [0, 0];
        const add = from < to ? [markOf(DRAFT, "draft").range(from, to)] : [];
        drawn = drawn.update({ filter, add, sort: true });
      }
    }
    return drawn;
  },
  provide: (own) => EditorView.decorations.from(own),
});

/** Every underlined range, by what it is called. */
function rangesOf(state) {
  const ranges = new Map();
  state.field(passages).between(0, state.doc.length, (from, to, mark) => {
    const known = ranges.get(mark.spec.id);
    ranges.set(mark.spec.id, known ? { ...known, to } : { from, to });
  });
  return ranges;
}

/** The narrowest passage at a position. */
function passageAt(state, pos) {
  let found = null;
  state.field(passages).between(pos, pos, (from, to, mark) => {
    if (mark.spec.id === DRAFT) return;
    if (!found || to - from < found.length) found = { id: mark.spec.id, length: to - from };
  });
  return found?.id ?? null;
}

const tell = (view, what, detail) =>
  view.dom.dispatchEvent(new CustomEvent(`palimpsest-${what}`, { bubbles: true, detail }));

/** Who moves the pointer further than this while it is down selects, in pixels. */
const CLICK_PX_MAX = 5;
let pressed = { x: 0, y: 0 };

const clicks = EditorView.domEventHandlers({
  pointerdown(event) {
    pressed = { x: event.clientX, y: event.clientY };
    return false;
  },
  click(event, view) {
    if (!(event.target instanceof Element) || !event.target.closest(".cm-comment")) return false;
    const moved = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y);
    if (moved > CLICK_PX_MAX || event.shiftKey) return false;
    const pos = view.posAtCoords({ x: event.clientX, y: event.clientY });
    const id = pos === null ? null : passageAt(view.state, pos);
    if (id) tell(view, "passage", id);
    return false;
  },
});

// --- The button beside a selection -------------------------------------------------------------

/** The words on the button; while there are none, nothing can be commented on. */
const commentable = StateField.define({
  create: () => "",
  update(words, transaction) {
    for (const effect of transaction.effects) if (effect.is(setCommentable)) words = effect.value;
    return words;
  },
});

const offer = StateField.define({
  create: () => null,
  update(shown, transaction) {
    if (!transaction.docChanged && !transaction.selection && !transaction.effects.length) return shown;
    const { state } = transaction;
    const words = state.field(commentable);
    const { main } = state.selection;
    if (main.empty || !words || transaction.docChanged) return null;
    if (shown && shown.pos === main.head && shown.words === words) return shown;
    return {
      pos: main.head,
      words,
      above: main.head <= main.anchor,
      strictSide: false,
      create: (view) => ({ dom: buttonFor(view, words), offset: { x: 0, y: 6 } }),
    };
  },
  provide: (own) => showTooltip.from(own),
});

function buttonFor(view, words) {
  const dom = document.createElement("div");
  dom.className = "cm-offer";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = words;
  // Pressing it must not take the selection away.
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => tell(view, "comment", null));
  dom.append(button);
  return dom;
}

// --- The cards beside the text ----------------------------------------------------------------

/** Keeps every card of a list at the height of its passage, as far as the others leave room. */
const margin = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.view = view;
      this.rail = null;
      this.sizes = new ResizeObserver(() => this.lay());
      this.cards = new MutationObserver(() => this.watch());
      this.before = new Map();
    }

    /** Takes a list of cards in; it scrolls with the text from now on. */
    adopt(rail) {
      if (this.rail === rail && rail.parentNode === this.view.scrollDOM) return;
      this.rail = rail;
      this.view.scrollDOM.append(rail);
      this.cards.disconnect();
      this.cards.observe(rail, { childList: true });
      this.watch();
    }

    watch() {
      this.sizes.disconnect();
      this.sizes.observe(this.rail);
      for (const card of this.rail.children) this.sizes.observe(card);
      this.lay();
    }

    update(update) {
      const drawn = update.startState.field(passages) !== update.state.field(passages);
      if (drawn || update.docChanged || update.geometryChanged || update.viewportChanged) this.lay();
    }

    lay() {
      if (!this.rail) return;
      this.view.requestMeasure({ key: this, read: () => this.measure(), write: (all) => this.place(all) });
    }

    measure() {
      if (!this.rail.offsetWidth) return [];
      const { view } = this;
      const ranges = rangesOf(view.state);
      const box = view.scrollDOM.getBoundingClientRect();
      const top = (pos) => {
        const seen = pos >= view.viewport.from && pos <= view.viewport.to;
        const place = seen ? view.coordsAtPos(pos, 1) : null;
        if (place) return place.top - box.top + view.scrollDOM.scrollTop;
        return view.lineBlockAt(pos).top + view.documentPadding.top;
      };
      const cards = [];
      for (const card of this.rail.children) {
        const range = ranges.get(card.dataset.thread);
        const wish = range ? top(range.from) : 0;
        cards.push({ card, there: !!range, wish, height: card.offsetHeight });
      }
      return arranged(cards);
    }

    place(cards) {
      for (const { card, there, at } of cards) {
        card.classList.toggle("placed", there);
        card.style.setProperty("translate", `0 ${Math.round(at)}px`);
      }
    }

    destroy() {
      this.sizes.disconnect();
      this.cards.disconnect();
    }
  },
);

/** Where each card goes: beside its passage; the chosen one exactly, the others make room. */
function arranged(cards) {
  const there = cards.filter((one) => one.there).sort((a, b) => a.wish - b.wish);
  const chosen = Math.max(0, there.findIndex(({ card }) => card.hasAttribute("data-chosen")));
  for (let i = chosen, free = 0; i < there.length; i++) {
    there[i].at = Math.max(there[i].wish, free);
    free = there[i].at + there[i].height + GAP;
  }
  for (let i = chosen - 1; i >= 0; i--) {
    there[i].at = Math.min(there[i].wish, there[i + 1].at - there[i].height - GAP);
  }
  // Above the first line there is no room: then everything moves down a little.
  for (let i = 0, free = GAP; i < there.length; i++) {
    there[i].at = Math.max(there[i].at, free);
    free = there[i].at + there[i].height + GAP;
  }
  return cards.map((one) => ({ ...one, at: one.at ?? 0 }));
}

/** The extension that underlines passages and places cards. */
export const comments = [passages, commentable, offer, clicks, margin];

// --- What the app asks for ---------------------------------------------------------------------

/** The view inside an element, if there is one. */
const viewIn = (sheet) => {
  const dom = sheet.querySelector(".cm-editor");
  return dom && EditorView.findFromDOM(dom);
};

globalThis.palimpsestComments = {
  /**
   * Underlines passages, `[{ id, from, to, kind }, …]`, in the view inside `sheet`, and puts the
   * cards of `rail` beside it. Returns whether there is a view of a text of this length.
   */
  draw(sheet, rail, list, length) {
    const view = viewIn(sheet);
    if (!view || view.state.doc.length !== length) return false;
    view.dispatch({ effects: setPassages.of(list) });
    view.plugin(margin)?.adopt(rail);
    return true;
  },

  /** Underlines what a comment is being written about: `[from, to]`, or nothing. */
  draft(sheet, range) {
    viewIn(sheet)?.dispatch({ effects: setDraft.of(range ?? null) });
  },

  /** Selects nothing any more: the caret stays where the selection ends. */
  deselect(sheet) {
    const view = viewIn(sheet);
    view?.dispatch({ selection: { anchor: view.state.selection.main.to } });
  },

  /** Offers a button beside every selection; no words, no button. */
  offer(sheet, words) {
    viewIn(sheet)?.dispatch({ effects: setCommentable.of(words) });
  },

  /** What is selected, or else the word or the line at the caret: `[from, to]`. */
  selection(sheet) {
    const view = viewIn(sheet);
    if (!view) return null;
    const { main } = view.state.selection;
    if (!main.empty) return [main.from, main.to];
    const word = view.state.wordAt(main.head);
    const { from, to } = word ?? view.state.doc.lineAt(main.head);
    return from < to ? [from, to] : null;
  },

  /** Brings a passage into view, unless it can be seen. */
  reveal(sheet, id) {
    const view = viewIn(sheet);
    const range = view && rangesOf(view.state).get(id);
    if (!range) return;
    const box = view.scrollDOM.getBoundingClientRect();
    const place = view.coordsAtPos(range.from);
    if (place && place.top > box.top + 24 && place.bottom < box.bottom - 48) return;
    view.dispatch({ effects: EditorView.scrollIntoView(range.from, { y: "center" }) });
  },

  /** Puts the cards where they belong again. */
  lay(sheet) {
    viewIn(sheet)?.plugin(margin)?.lay();
  },
};
