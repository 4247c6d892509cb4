// How Markdown looks while it is being written: which classes lines get, and how far they
// are set in. The colours and sizes of those classes are the style sheet's; what stands inside
// of the lines is in `preview`. Only what can be seen is ever looked at.
import { HighlightStyle, syntaxTree } from "@codemirror/language";
import { Prec } from "@codemirror/state";
import { Decoration, ViewPlugin } from "@codemirror/view";
import { highlightTree, tags } from "@lezer/highlight";
import { tokens } from "./code.js";
import { longLines, prose } from "./long.js";

const SHOWN = HighlightStyle.define([
  { tag: tags.emphasis, class: "md-emphasis" },
  { tag: tags.strong, class: "md-strong" },
  { tag: tags.strikethrough, class: "md-struck" },
  { tag: [tags.processingInstruction, tags.labelName], class: "md-sign" },
  { tag: [tags.comment, tags.meta], class: "md-aside" },
  { tag: tags.escape, class: "md-sign" },
  { tag: tags.url, class: "md-url" },
]);

/** The highlighter. CodeMirror's own would cut lines of any length into pieces. */
export const letters = Prec.high(ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.draw(view);
    }

    update(update) {
      const tree = syntaxTree(update.state);
      this.drawn = this.drawn.map(update.changes);
      // What was not read again yet looks as it did.
      const unread = tree.length < update.view.viewport.to && !update.viewportChanged;
      if (!unread && (update.viewportChanged || tree !== this.tree)) this.draw(update.view);
    }

    draw(view) {
      this.tree = syntaxTree(view.state);
      const drawn = [];
      const put = (from, to, name) => drawn.push((LOOKS[name] ??= classed(name)).range(from, to));
      for (const { from, to } of prose(view)) highlightTree(this.tree, SHOWN, put, from, to);
      this.drawn = Decoration.set(drawn);
    }
  },
  { decorations: (plugin) => plugin.drawn },
));

// What is longer is no prose any more, and nobody sees how far it is set in.
const PREFIX_UNITS_MAX = 200;
// How far code above the screen is read to know what the code on it is part of.
const CODE_BEFORE_MAX = 20_000;
// In ems of the text.
const QUOTE_WIDTH = 1.15;
const ITEM_WIDTH = 1.7;
const DIGIT_WIDTH = 0.56;

const PREFIX = /^(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)))*[ \t]*/;
const MARKER = /^([ \t]*)([-+*]|\d{1,9}[.)])([ \t]+|$)(\[[ xX]\](?:[ \t]|$))?/;

const LOOKS = {};
const classed = (name, attributes = {}) => Decoration.mark({ class: name, attributes });
// What lies around everything else on its stretch, also around what is replaced in it.
const outer = (name, attributes) => Decoration.mark({ class: name, attributes, inclusiveStart: true });

/** The quotations and list items around a line, outermost first. */
function around(tree, line, text) {
  const deepest = (pos, side) => {
    const found = [];
    for (let node = tree.resolveInner(pos, side); node; node = node.parent) {
      if (node.name === "Blockquote" || node.name === "ListItem") found.push(node);
    }
    return found.reverse();
  };
  const behind = line.from + PREFIX.exec(text)[0].length;
  const choices = [deepest(behind, 1), deepest(line.from + text.search(/\S|$/), 1)];
  if (behind > line.from) choices.push(deepest(behind, -1));
  return choices.reduce((best, one) => (one.length > best.length ? one : best));
}

/** How far the text of a list item is set in from its list, in ems. */
function itemWidth(marker) {
  return marker.length > 1 ? Math.max(ITEM_WIDTH, 1 + DIGIT_WIDTH * (marker.length - 1)) : ITEM_WIDTH;
}

/**
 * The quotation marks, list markers and indents before a line, each as wide as what it
 * stands for, so that wrapped lines begin where the text does. Returns classes for the line.
 */
function setIn(doc, tree, line, text, near, out, frame) {
  const containers = around(tree, line, text);
  if (containers.length === 0) return null;
  const leads = [];
  let at = 0;
  let pad = 0;
  let quotes = 0;
  for (const node of containers) {
    const rest = text.slice(at);
    if (node.name === "Blockquote") {
      const sign = /^ {0,3}>[ \t]?/.exec(rest);
      if (sign) leads.push({ from: at, to: (at += sign[0].length), width: QUOTE_WIDTH, kind: "quote" });
      pad += QUOTE_WIDTH;
      quotes += 1;
      continue;
    }
    const first = node.from >= line.from;
    const own = first ? rest : doc.sliceString(node.from, node.from + 24);
    const marker = MARKER.exec(own);
    if (!marker) continue;
    const width = itemWidth(marker[2]);
    pad += width;
    if (first) {
      const end = at + marker[0].length;
      const sign = at + marker[1].length;
      const kind = marker[4] ? "task" : marker[2].length > 1 ? "number" : "bullet";
      leads.push({ from: at, to: end, width, kind, sign: [sign, sign + marker[2].length] });
      at = end;
    } else {
      const indent = marker[2].length + Math.min(marker[3].length, 4);
      const space = new RegExp(`^(?:\\t| {1,${Math.max(1, indent)}})`).exec(rest);
      if (space) leads.push({ from: at, to: (at += space[0].length), width, kind: "space" });
    }
  }
  let back = leads.reduce((sum, lead) => sum + lead.width, 0);
  for (const { from, to, width, kind, sign } of leads) {
    const start = line.from + from;
    const shown = near(line.from, line.to);
    const name = `md-lead md-${kind}${kind === "quote" && !shown ? " md-off" : ""}`;
    const style = `--w:${width}em;--b:${-back}em`;
    frame.push(outer(name, { style }).range(start, line.from + to));
    back = 0;
    if (kind === "bullet" && !near(start, line.from + sign[1])) {
      out.push(classed("md-dot").range(line.from + sign[0], line.from + sign[1]));
    }
  }
  const style = `--pad:${pad}em;--quotes:${quotes * QUOTE_WIDTH}em`;
  const name = quotes ? "md-set md-quoted" : "md-set";
  out.push(Decoration.line({ class: name, attributes: { style } }).range(line.from));
  return containers;
}

/** Classes for the visible lines, pushed to `out`, and what is around words, to `frame`. */
export function drawLines(view, near, out, frame) {
  const { doc } = view.state;
  const tree = syntaxTree(view.state);
  const each = (from, to, act) => {
    for (let pos = doc.lineAt(from).from; pos <= to; ) {
      const at = doc.lineAt(pos);
      act(at);
      pos = at.to + 1;
    }
  };
  const direction = Decoration.line({ attributes: { dir: "auto" } });
  const line = (pos, name) => out.push(Decoration.line({ class: name }).range(pos));
  for (const { from, to } of view.visibleRanges) {
    each(from, to, (at) => {
      // Each line runs as its first letter does, whatever the others do.
      out.push(direction.range(at.from));
      const text = doc.sliceString(at.from, Math.min(at.to, at.from + PREFIX_UNITS_MAX));
      setIn(doc, tree, at, text, near, out, frame);
    });
    tree.iterate({
      from,
      to,
      enter(node) {
        const heading = /^(ATX|Setext)Heading(\d)$/.exec(node.name);
        if (heading) {
          each(node.from, node.to, (at) => line(at.from, `md-heading md-heading-${heading[2]}`));
          if (heading[1] === "Setext") {
            const last = doc.lineAt(node.to);
            line(last.from, near(node.from, node.to) ? "md-underline" : "md-underline md-off");
          }
        } else if (node.name === "FencedCode" || node.name === "CodeBlock") {
          drawCode(view, node, from, to, near, line, out);
          return false;
        } else if (node.name === "HTMLBlock" || node.name === "CommentBlock") {
          each(Math.max(node.from, from), Math.min(node.to, to), (at) => line(at.from, "md-html"));
        } else if (node.name === "HorizontalRule") {
          line(doc.lineAt(node.from).from, near(node.from, node.to) ? "md-rule" : "md-rule md-off");
        }
        return undefined;
      },
    });
  }
}

function drawCode(view, node, from, to, near, line, out) {
  const { doc } = view.state;
  const first = doc.lineAt(node.from);
  const last = doc.lineAt(node.to);
  const fenced = node.name === "FencedCode";
  const closed = fenced && last.from > first.from && /^[\s>]*(`{3,}|~{3,})\s*$/.test(last.text);
  const off = near(node.from, node.to) ? "" : " md-off";
  for (let pos = Math.max(first.from, doc.lineAt(from).from); pos <= Math.min(node.to, to); ) {
    const at = doc.lineAt(pos);
    const edge = at.from === first.from ? " md-fence-top" : at.from === last.from ? " md-fence-end" : "";
    const fence = fenced && (at.from === first.from || (closed && at.from === last.from));
    line(at.from, `md-fence${edge}${fence ? ` md-fence-sign${off}` : ""}`);
    pos = at.to + 1;
  }
  if (!fenced) return;
  const info = /^[\s>]*(?:`{3,}|~{3,})\s*\{?\.?([^\s,{}:]+)/.exec(first.text);
  if (!info) return;
  if (from <= first.to) {
    const end = first.from + info[0].length;
    out.push(classed("md-language").range(end - info[1].length, end));
  }
  const start = Math.max(first.to + 1, from - CODE_BEFORE_MAX);
  const end = Math.min(closed ? last.from - 1 : node.to, to);
  if (start >= end) return;
  const long = longLines(view);
  const isLong = (pos) => long.some((line) => line.from <= pos && pos < line.to);
  for (const [a, b, kind] of tokens(info[1], doc.sliceString(start, end))) {
    if (start + b > from && !isLong(start + a)) out.push(classed(`tok-${kind}`).range(start + a, start + b));
  }
}
