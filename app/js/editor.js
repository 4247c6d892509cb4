// The door between the app and CodeMirror: makes views and passes changes, positions and
// drawings through. It holds no document state of its own; the app's document is the truth.
import { defaultKeymap, indentLess, indentMore } from "@codemirror/commands";
import { markdownKeymap } from "@codemirror/lang-markdown";
import { indentUnit } from "@codemirror/language";
import { Compartment, EditorSelection, EditorState, Prec } from "@codemirror/state";
import { EditorView, dropCursor, highlightSpecialChars, keymap, placeholder } from "@codemirror/view";
import { authors, showAuthors } from "./authors.js";
import { arrivals } from "./arrivals.js";
import { caret } from "./caret.js";
import { comments } from "./comments.js";
import { cursors, showCursors } from "./cursors.js";
import { Exchange, fromFlat } from "./exchange.js";
import { find, openFind } from "./find.js";
import { commands, formatKeys } from "./format.js";
import { here } from "./here.js";
import { linkScroll } from "./link.js";
import { language } from "./long.js";
import { currentEffect, marks, marksEffect } from "./marks.js";
import { words } from "./near.js";
import { paste } from "./paste.js";
import { popover } from "./popover.js";
import { preview } from "./preview.js";
import { entries, slash } from "./slash.js";
import { toCell } from "./tables.js";
import "./webpage.js";

/** One view of one text. The app drives it by these methods only. */
class Editor {
  constructor(parent, options) {
    const { text, readOnly, label, hint, onChange, onSelection, onAction, onWho } = options;
    this.exchange = new Exchange({ onChange });
    this.frame = 0;
    this.lockable = new Compartment();
    this.visited = false;
    this.marked = false;
    const tellSelection = () => {
      this.frame = 0;
      // Where one never was, one is not.
      if (!this.visited) return;
      const { anchor, head } = this.view.state.selection.main;
      onSelection(anchor, head);
    };
    this.view = new EditorView({
      parent,
      doc: EditorState.create({ doc: text, extensions: EditorState.lineSeparator.of("\n") }).doc,
      extensions: [
        EditorState.lineSeparator.of("\n"),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          "aria-label": label, tabindex: "0", spellcheck: "true", autocapitalize: "sentences", autocorrect: "on",
        }),
        highlightSpecialChars(),
        // The language alone: the package's `markdown()` would bring parsers for HTML,
        // CSS and JavaScript, which are half of the bundle.
        language,
        words.of(options.words ?? {}),
        EditorView.perLineTextDirection.of(true),
        // What the caret goes to is not put at the very edge.
        EditorView.scrollMargins.of(() => ({ top: 38, bottom: 38 })),
        marks,
        find,
        preview,
        authors(onWho),
        comments,
        readOnly ? [EditorState.readOnly.of(true), EditorView.editable.of(false), caret, reading]
          : [
              caret, dropCursor(), placeholder(hint), cursors, arrivals, indentUnit.of("  "),
              entries.of(options.entries ?? []), slash, popover, paste, here,
            ],
        readOnly ? [] : Prec.high(actions(onAction)),
        // A text of the past is selected with the same keys; what would change it does nothing.
        keymap.of(readOnly ? defaultKeymap : [
          ...formatKeys, ...markdownKeymap, ...defaultKeymap,
          // Tab moves on to the next control, as everywhere on the web, except in a table,
          // where it goes to the next cell, and in a list, where it makes a level.
          { key: "Tab", run: toCell(1), shift: toCell(-1) },
          { key: "Tab", run: inList(indentMore), shift: inList(indentLess) },
        ]),
        readOnly ? [] : [this.exchange.extension, this.lockable.of([])],
        EditorView.updateListener.of((update) => {
          const moved = update.selectionSet || update.docChanged || update.focusChanged;
          this.visited ||= this.view.hasFocus;
          if (!moved || readOnly || this.frame) return;
          this.frame = requestAnimationFrame(tellSelection);
        }),
      ],
    });
    this.exchange.view = this.view;
  }

  /** Shows changes of the document: `[from, to, insert, …]`; see `Exchange.receive`. */
  receive(flat, follow) {
    this.exchange.receive(flat, follow);
  }

  /** Whether keys and buttons may change the text; what others write arrives all the same. */
  lock(locked) {
    const readOnly = [EditorState.readOnly.of(true), EditorView.contentAttributes.of({ "aria-readonly": "true" })];
    this.view.dispatch({ effects: this.lockable.reconfigure(locked ? readOnly : []) });
  }

  /** How many UTF-16 units the document has, as far as this view knows. */
  length() {
    return this.exchange.length;
  }

  /** The whole text that is shown. */
  text() {
    return this.view.state.sliceDoc();
  }

  /** Makes the shown text equal to `text` by one change of the part that differs. */
  replace(text) {
    this.exchange.release();
    const old = this.view.state.sliceDoc();
    if (old === text) return;
    const most = Math.min(old.length, text.length);
    let start = 0;
    while (start < most && old.charCodeAt(start) === text.charCodeAt(start)) start++;
    let end = 0;
    while (
      end < most - start &&
      old.charCodeAt(old.length - 1 - end) === text.charCodeAt(text.length - 1 - end)
    ) end++;
    this.exchange.receive([start, old.length - end, text.slice(start, text.length - end)], false);
  }

  /** Draws the other people: a list of `{ name, colour, anchor, head }`. */
  setCursors(people) {
    showCursors(this.view, people);
  }

  /**
   * Draws what changed, and brings `reveal` (a position, or -1) into view if it is not
   * there already. With `fade` what was drawn before is seen to fade.
   */
  setMarks(list, reveal, fade) {
    const effects = [marksEffect(list, fade)];
    // What is drawn makes the text longer, and a view that stands at its end would go along.
    if (this.marked && reveal < 0 && !fade) effects.push(this.view.scrollSnapshot());
    this.marked = true;
    this.view.dispatch({ effects });
    if (reveal >= 0) this.reveal(reveal);
  }

  /** Marks the change at which one stands and brings it into view; a negative place: none. */
  showChange(from, to) {
    const length = this.view.state.doc.length;
    const effects = [currentEffect(Math.min(from, length), Math.min(to, length))];
    if (from >= 0) effects.push(EditorView.scrollIntoView(Math.min(from, length), { y: "center" }));
    this.view.dispatch({ effects });
  }

  /** Draws who wrote what; see `showAuthors`. */
  setAuthors(flat, classes) {
    showAuthors(this.view, flat, classes);
  }

  /** Scrolls together with another one; `flat` leads from this text to that one. */
  linkScroll(other, flat) {
    this.unlink?.();
    this.unlink = linkScroll(this.view, other.view, fromFlat(flat, this.view.state.doc.length));
  }

  /** What is selected: from where to where; nothing: an empty list. */
  selected() {
    const { from, to } = this.view.state.selection.main;
    if (from < to) return [from, to];
    // Where nothing can be written, a finger selects without the view being told.
    const native = getSelection();
    if (!native || native.isCollapsed || !this.view.contentDOM.contains(native.anchorNode) ||
      !this.view.contentDOM.contains(native.focusNode)) return [];
    const ends = [
      this.view.posAtDOM(native.anchorNode, native.anchorOffset),
      this.view.posAtDOM(native.focusNode, native.focusOffset),
    ].sort((one, two) => one - two);
    return ends[0] < ends[1] ? ends : [];
  }

  /** Where the caret is, or was last; -1 if it never was in the text. */
  caret() {
    return this.visited ? this.view.state.selection.main.head : -1;
  }

  /** Scrolls to a position only when it cannot be seen. */
  reveal(pos) {
    const at = Math.min(pos, this.view.state.doc.length);
    this.view.requestMeasure({
      key: this,
      read: (view) => {
        const box = view.scrollDOM.getBoundingClientRect();
        const place = view.coordsAtPos(at);
        return !place || place.top < box.top + 24 || place.bottom > box.bottom - 24;
      },
      write: (hidden, view) => {
        if (!hidden) return;
        // A dispatch is not allowed while CodeMirror measures.
        requestAnimationFrame(() => {
          if (at > view.state.doc.length) return;
          view.dispatch({ effects: EditorView.scrollIntoView(at, { y: "center" }) });
        });
      },
    });
  }

  /** Where the view is scrolled to, as a fraction of its height. */
  scroll() {
    const { scrollTop, scrollHeight } = this.view.scrollDOM;
    return scrollHeight ? scrollTop / scrollHeight : 0;
  }

  /** Scrolls to such a fraction. */
  scrollTo(fraction) {
    this.view.requestMeasure({
      read: (view) => view.scrollDOM.scrollHeight,
      write: (height, view) => (view.scrollDOM.scrollTop = fraction * height),
    });
  }

  /** Opens the panel to find and replace. */
  find() {
    openFind(this.view);
  }

  /** Does one of `commands` to the text, as its key does. */
  run(name) {
    this.view.focus();
    commands[name]?.(this.view);
  }

  /** Where one reads or writes: the caret if it can be seen, else the top of what is shown. */
  place() {
    const { view } = this;
    const { scrollTop, clientHeight } = view.scrollDOM;
    const { head } = view.state.selection.main;
    const caret = view.lineBlockAt(head);
    const offset = view.documentPadding.top;
    const seen = caret.bottom + offset > scrollTop && caret.top + offset < scrollTop + clientHeight;
    if (seen && view.hasFocus && !view.state.readOnly) return head;
    return view.lineBlockAtHeight(scrollTop + clientHeight / 5 - offset).from;
  }

  /** Puts the caret at a position and brings it into view. */
  goTo(pos) {
    const at = Math.min(pos, this.view.state.doc.length);
    const effects = EditorView.scrollIntoView(at, { y: "start", yMargin: 48 });
    this.view.dispatch({ selection: { anchor: at }, effects });
    this.view.focus();
  }

  /** Selects a part of the text and brings it into view. */
  select(from, to) {
    const end = Math.min(to, this.view.state.doc.length);
    const start = Math.min(from, end);
    const effects = EditorView.scrollIntoView(EditorSelection.range(start, end), { y: "center" });
    this.view.dispatch({ selection: { anchor: start, head: end }, effects });
    this.view.focus();
  }

  focus() {
    this.view.focus();
  }

  /** Looks at its size again, after it was hidden. */
  measure() {
    this.view.requestMeasure();
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.unlink?.();
    this.exchange.destroy();
    this.view.destroy();
  }
}

// A text of the past can be reached and scrolled with the keyboard, but not written in.
const reading = EditorView.contentAttributes.of({ tabindex: "0", "aria-readonly": "true" });

// Undo belongs to the document, not to the view: it never takes back what others wrote.
function actions(onAction) {
  const act = (event, name) => {
    event.preventDefault();
    onAction(name);
    return true;
  };
  return EditorView.domEventHandlers({
    // Not a keymap: with Caps Lock on, Shift makes a small "z", which a keymap takes for undo.
    keydown(event) {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return false;
      const key = event.key.toLowerCase();
      if (key === "z") return act(event, event.shiftKey ? "redo" : "undo");
      return key === "y" && act(event, "redo");
    },
    beforeinput(event) {
      const name = { historyUndo: "undo", historyRedo: "redo" }[event.inputType];
      return name ? act(event, name) : false;
    },
    blur: () => void onAction("blur"),
  });
}

function inList(run) {
  return (view) => {
    const listed = view.state.selection.ranges.every((range) =>
      /^\s*([-*+]|\d+[.)])\s/.test(view.state.doc.lineAt(range.head).text),
    );
    return listed && run(view);
  };
}

globalThis.palimpsestEditor = {
  /** A view inside `parent`. See `Editor` for the options and for what it can do. */
  create: (parent, options) => new Editor(parent, options),
  /** The selection, `[from, to, text]`, in the view that contains `element`. */
  selectionOf: (element) => {
    const state = EditorView.findFromDOM(element)?.state;
    if (!state) return null;
    const { from, to } = state.selection.main;
    return [from, to, state.sliceDoc(from, to)];
  },
  /** The whole text of the view that contains `element`, also the part not drawn. */
  textOf: (element) => EditorView.findFromDOM(element)?.state.sliceDoc() ?? null,
};
