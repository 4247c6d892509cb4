// Markdown as what it means: the signs that make words strong, links or headings are shown
// only where the caret is. The text itself is never changed by this, and raw HTML stays text.
import { syntaxTree } from "@codemirror/language";
import { Decoration, EditorView, ViewPlugin } from "@codemirror/view";
import { addressOf, definitionIn, follow, linkAt, linkNear, open } from "./address.js";
import { longLines } from "./long.js";
import { drawLines, letters } from "./look.js";
import { moved, near, nearness, redraw, words } from "./near.js";
import { Picture } from "./pictures.js";
import { drawTable } from "./tables.js";
import { drawBox, tick } from "./tasks.js";

const HIDDEN = Decoration.replace({});
const SIGN = Decoration.mark({ class: "md-heading-sign" });
const SIGN_OFF = Decoration.mark({ class: "md-heading-sign md-off" });
const mark = (name) => Decoration.mark({ class: name });
// What stands around words, by the name of the whole: the sign's name, and how the words look.
const AROUND = {
  Emphasis: ["EmphasisMark", null],
  StrongEmphasis: ["EmphasisMark", null],
  Strikethrough: ["StrikethroughMark", null],
  InlineCode: ["CodeMark", mark("md-code")],
  Subscript: ["SubscriptMark", mark("md-sub")],
  Superscript: ["SuperscriptMark", mark("md-sup")],
};
const OFF = mark("md-off");
const NOTE = mark("md-note");
const DEFINITION = mark("md-definition");
const HTML = mark("md-tag");
// From this width on the signs of headings have a margin to hang in.
const MARGIN_PX_MIN = 860;

const hasMargin = (view) => view.scrollDOM.clientWidth >= MARGIN_PX_MIN;

/** Everything that is drawn into the visible part of the text. */
function draw(view, margin) {
  const { doc } = view.state;
  const is = nearness(view);
  const said = view.state.facet(words);
  const shown = [];
  const hidden = [];
  const frame = [];
  const hide = (from, to) => from < to && hidden.push(HIDDEN.range(from, to));

  const link = (found) => {
    const { kind, from, to, text } = found;
    const revealed = is(from, to);
    if (kind === "note") {
      shown.push(NOTE.range(from, to));
      if (!revealed) {
        hide(from, text[0]);
        hide(text[1], to);
      }
      return;
    }
    if (kind === "picture") {
      const url = addressOf(view.state, found);
      const widget = new Picture(doc.sliceString(...text), url);
      shown.push(Decoration.widget({ widget, side: 1 }).range(to));
      if (!revealed) hide(from, to);
      return;
    }
    const attributes = { "data-url": found.url, title: said.openHint };
    // On paper the address stands beside the words, unless it is the words.
    if (kind !== "link") attributes["data-bare"] = "";
    if (text[0] < text[1]) {
      shown.push(Decoration.mark({ class: "md-link", attributes }).range(...text));
      if (revealed) return;
      hide(from, text[0]);
      hide(text[1], to);
    }
  };

  drawLines(view, is, shown, frame);
  const long = longLines(view);
  for (const { from, to } of view.visibleRanges) {
    syntaxTree(view.state).iterate({
      from,
      to,
      enter(node) {
        const { name } = node;
        if (long.some((line) => line.from <= node.from && node.to <= line.to)) return false;
        if (/^ATXHeading/.test(name)) {
          const sign = /^#+(?:[ \t]+|$)/.exec(doc.sliceString(node.from, Math.min(node.to + 1, node.from + 12)));
          const line = doc.lineAt(node.from);
          const end = Math.min(node.from + (sign?.[0].length ?? 0), line.to);
          const revealed = is(line.from, line.to) || end === line.to;
          if (!revealed && !margin) hide(node.from, end);
          else if (sign) shown.push((revealed ? SIGN : SIGN_OFF).range(node.from, end));
          const closing = node.node.lastChild;
          if (!revealed && closing?.name === "HeaderMark" && closing.from > node.from) {
            hide(closing.from, closing.to);
          }
        } else if (Object.hasOwn(AROUND, name)) {
          const [sign, look] = AROUND[name];
          if (look) shown.push(look.range(node.from, node.to));
          if (is(node.from, node.to)) return undefined;
          for (const child of node.node.getChildren(sign)) hide(child.from, child.to);
        } else if (name === "HorizontalRule") {
          if (!is(node.from, node.to)) shown.push(OFF.range(node.from, node.to));
        } else if (name === "Escape") {
          if (!is(node.from, node.to)) hide(node.from, node.from + 1);
        } else if (name === "Table") {
          drawTable(view, node.node, from, to, is, shown, hidden, frame);
        } else if (name === "TaskMarker") {
          drawBox(view.state, node, is, hidden, said);
        } else if (name === "FencedCode" || name === "HTMLBlock") {
          return false;
        } else if (name === "HTMLTag" || name === "Comment") {
          shown.push(HTML.range(node.from, node.to));
        } else if (name === "Paragraph" || name === "LinkReference") {
          const head = doc.sliceString(node.from, Math.min(node.to, node.from + 80));
          const id = definitionIn(head);
          if (id) shown.push(DEFINITION.range(node.from, node.from + id.length + 4));
          else if (name === "LinkReference") shown.push(mark("md-aside").range(node.from, node.to));
        } else {
          const found = linkAt(node.node, doc);
          // What a definition of a footnote begins with only looks like a reference to it.
          if (found && !(found.kind === "note" && doc.sliceString(found.to, found.to + 1) === ":")) {
            link(found);
          }
        }
        return undefined;
      },
    });
  }
  return {
    frame: Decoration.set(frame, true),
    shown: Decoration.set(shown, true),
    hidden: Decoration.set(hidden, true),
  };
}

const plugin = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.tree = syntaxTree(view.state);
      this.margin = false;
      this.drawn = draw(view, this.margin);
      // Told, not asked for at each update: there the browser would have to lay out what changed,
      // and do it again for what is drawn because of it.
      this.observer = new ResizeObserver(() => this.measure(view));
      this.observer.observe(view.scrollDOM);
    }

    measure(view) {
      const margin = hasMargin(view);
      if (margin === this.margin) return;
      this.margin = margin;
      view.dispatch({ effects: redraw.of(null) });
    }

    destroy() {
      this.observer.disconnect();
    }

    update(update) {
      const tree = syntaxTree(update.state);
      const stale =
        update.docChanged || update.viewportChanged || tree !== this.tree || moved(update) ||
        // Marks of the past come as effects.
        (update.state.readOnly && update.transactions.some((one) => one.effects.length));
      if (!stale) return;
      if (update.view.composing) {
        // Whatever is drawn anew beside a composition makes browsers end it.
        const { frame, shown, hidden } = this.drawn;
        this.drawn = {
          frame: frame.map(update.changes),
          shown: shown.map(update.changes),
          hidden: hidden.map(update.changes),
        };
        return;
      }
      this.tree = tree;
      this.drawn = draw(update.view, this.margin);
    }
  },
  {
    decorations: (plugin) => plugin.drawn.shown,
    provide(plugin) {
      const part = (name) => (view) => view.plugin(plugin)?.drawn[name] ?? Decoration.none;
      return [
        EditorView.outerDecorations.of(part("frame")),
        EditorView.decorations.of(part("hidden")),
        EditorView.atomicRanges.of(part("hidden")),
      ];
    },
    eventHandlers: {
      mousedown(event, view) {
        if (event.button !== 0) return false;
        return tick(event, view) || go(event, view);
      },
      // What was put off while a word was composed.
      compositionend(_event, view) {
        setTimeout(() => view.plugin(plugin) && view.dispatch({ effects: redraw.of(null) }));
      },
    },
  },
);

/** Follows a link: with Ctrl or Cmd, or where there is no caret that a click would place. */
function go(event, view) {
  const modified = event.ctrlKey || event.metaKey;
  if (!modified && !view.state.readOnly) return false;
  const place = event.target instanceof Element && event.target.closest(".md-link, .md-note, .md-definition");
  if (!place) return false;
  event.preventDefault();
  return followAt(view, view.posAtDOM(place));
}

/** Follows the link or the footnote at a position. */
export function followAt(view, pos) {
  const line = view.state.doc.lineAt(pos);
  const id = definitionIn(line.text);
  if (id && pos <= line.from + id.length + 4) return follow(view, id, true);
  const link = linkNear(view.state, pos);
  if (!link) return false;
  if (link.kind === "note") return follow(view, link.id, false);
  return open(addressOf(view.state, link));
}

/** The extension. */
export const preview = [letters, near, plugin];

