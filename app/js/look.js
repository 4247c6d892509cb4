// How Markdown looks while it is being written: which classes lines and words get. The
// colours and sizes of those classes are the style sheet's.
import { HighlightStyle, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, ViewPlugin } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const words = HighlightStyle.define([
  { tag: tags.emphasis, class: "md-emphasis" },
  { tag: tags.strong, class: "md-strong" },
  { tag: tags.strikethrough, class: "md-struck" },
  { tag: tags.monospace, class: "md-code" },
  { tag: tags.link, class: "md-link" },
  { tag: tags.url, class: "md-url" },
  { tag: [tags.processingInstruction, tags.labelName, tags.contentSeparator], class: "md-sign" },
  { tag: [tags.comment, tags.meta], class: "md-aside" },
  { tag: tags.escape, class: "md-sign" },
]);

const lineOf = (name) => Decoration.line({ class: name });
const HEADINGS = new Map(
  [1, 2, 3, 4, 5, 6].flatMap((level) => {
    const line = lineOf(`md-heading md-heading-${level}`);
    return [[`ATXHeading${level}`, line], [`SetextHeading${level}`, line]];
  }),
);
const QUOTE = lineOf("md-quote");
const FENCE = lineOf("md-fence");
const TABLE = lineOf("md-table");
const RULE = lineOf("md-rule");
// The "## " before a heading, which hangs in the margin where there is one.
const SIGN = Decoration.mark({ class: "md-heading-sign" });

/** Line classes for the visible part of the text. */
const lines = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.update({ view, docChanged: true });
    }

    update(update) {
      const tree = syntaxTree(update.view.state);
      if (!update.docChanged && !update.viewportChanged && tree === this.tree) return;
      this.tree = tree;
      this.decorations = drawLines(update.view, tree);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function drawLines(view, tree) {
  const { doc } = view.state;
  const builder = new RangeSetBuilder();
  let drawnTo = -1;
  const line = (pos, decoration) => {
    // Blocks nest; the outermost one decides how a line looks.
    if (pos <= drawnTo) return;
    drawnTo = pos;
    builder.add(pos, pos, decoration);
  };
  const block = (from, to, decoration) => {
    for (let pos = doc.lineAt(from).from; pos <= to; ) {
      const at = doc.lineAt(pos);
      line(at.from, decoration);
      pos = at.to + 1;
    }
  };
  for (const { from, to } of view.visibleRanges) {
    tree.iterate({
      from,
      to,
      enter(node) {
        const heading = HEADINGS.get(node.name);
        if (heading) {
          block(node.from, node.to, heading);
          const sign = /^#+[ \t]+/.exec(doc.sliceString(node.from, Math.min(node.to, node.from + 12)));
          if (sign && sign[0].length < node.to - node.from + 1) {
            builder.add(node.from, node.from + sign[0].length, SIGN);
          }
          return false;
        }
        if (node.name === "Blockquote") block(node.from, node.to, QUOTE);
        else if (node.name === "FencedCode" || node.name === "CodeBlock") {
          block(Math.max(node.from, from), Math.min(node.to, to), FENCE);
        } else if (node.name === "Table") block(node.from, node.to, TABLE);
        else if (node.name === "HorizontalRule") line(doc.lineAt(node.from).from, RULE);
        else return undefined;
        return false;
      },
    });
  }
  return builder.finish();
}

/** The extension that makes Markdown look like what it means. */
export const look = [syntaxHighlighting(words), lines];
