// The door between the app and CodeMirror: makes views and passes changes, positions and
// drawings through. It holds no document state of its own; the app's document is the truth.
import { defaultKeymap, indentLess, indentMore } from "@codemirror/commands";
import { markdownKeymap, markdownLanguage } from "@codemirror/lang-markdown";
import { indentUnit } from "@codemirror/language";
import { openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { EditorSelection, EditorState, Prec } from "@codemirror/state";
import {
  EditorView, drawSelection, dropCursor, highlightSpecialChars, keymap, placeholder,
} from "@codemirror/view";
import { cursors, showCursors } from "./cursors.js";
import { Exchange } from "./exchange.js";
import { look } from "./look.js";
import { marks, marksEffect } from "./marks.js";
import { tasks } from "./tasks.js";

/** One view of one text. The app drives it by these methods only. */
class Editor {
  constructor(parent, options) {
    const { text, readOnly, label, hint, onChange, onSelection, onAction } = options;
    this.exchange = new Exchange({ onChange });
    this.frame = 0;
    this.visited = false;
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
        EditorView.clipboardInputFilter.of((pasted) => pasted.replace(/\r\n?/g, "\n")),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          "aria-label": label, spellcheck: "true", autocapitalize: "sentences", autocorrect: "on",
        }),
        highlightSpecialChars(),
        // The language alone: the package's `markdown()` would bring parsers for HTML,
        // CSS and JavaScript, which are half of the bundle.
        markdownLanguage,
        look,
        tasks,
        search({ top: true }),
        marks,
        readOnly ? [EditorState.readOnly.of(true), EditorView.editable.of(false), reading]
          : [drawSelection(), dropCursor(), placeholder(hint), cursors, indentUnit.of("  ")],
        readOnly ? [] : Prec.high(actions(onAction)),
        keymap.of(readOnly ? searchKeymap : [
          ...markdownKeymap, ...searchKeymap, ...defaultKeymap,
          // Tab moves on to the next control, as everywhere on the web, except in a list,
          // where it makes a level.
          { key: "Tab", run: inList(indentMore), shift: inList(indentLess) },
        ]),
        readOnly ? [] : this.exchange.extension,
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
   * there already.
   */
  setMarks(list, reveal) {
    this.view.dispatch({ effects: marksEffect(list) });
    if (reveal >= 0) this.reveal(reveal);
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

  /** Opens the search panel. */
  find() {
    openSearchPanel(this.view);
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
  /** The whole text of the view that contains `element`, also the part not drawn. */
  textOf: (element) => EditorView.findFromDOM(element)?.state.sliceDoc() ?? null,
};
