// Lines that are longer than any paragraph: they stay as they were typed. Browsers take many
// seconds to lay out a line that is cut into thousands of pieces, and reading the links in one
// takes the parser the square of its length.
import { markdownLanguage } from "@codemirror/lang-markdown";
import { Language } from "@codemirror/language";

const LINE_UNITS_MAX = 10_000;
const NEWLINE = 10;

/** Passes over a line that is too long, before anything in it is looked at. */
const plain = {
  name: "LongLine",
  before: "Escape",
  parse(inline, _next, pos) {
    if (pos > inline.offset && inline.char(pos - 1) !== NEWLINE) return -1;
    const found = inline.text.indexOf("\n", pos - inline.offset);
    const end = found < 0 ? inline.end : inline.offset + found;
    return end - pos > LINE_UNITS_MAX ? end : -1;
  },
};

/** Markdown, in lines of any length; for everything that asks it is the package's own. */
export const language = new Language(
  markdownLanguage.data, markdownLanguage.parser.configure({ parseInline: [plain] }), [], "markdown",
);

/** The lines on the screen that are too long to be anything but text. */
export function longLines(view) {
  return view.viewportLineBlocks.filter((line) => line.length > LINE_UNITS_MAX);
}

/** The stretches of the text on the screen that are in no such line. */
export function prose(view) {
  const long = longLines(view);
  const found = [];
  for (let { from, to } of view.visibleRanges) {
    for (const line of long) {
      if (line.to < from || line.from > to) continue;
      if (from < line.from) found.push({ from, to: line.from });
      from = line.to;
    }
    if (from < to) found.push({ from, to });
  }
  return found;
}
