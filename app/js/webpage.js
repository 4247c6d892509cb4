// A text as a web page of its own: one file that needs no other, runs nothing and fetches
// nothing. What is not Markdown in the text, raw HTML first of all, stands in it as text.
import { markdownLanguage } from "@codemirror/lang-markdown";
import { definitionIn, safe, safePicture } from "./address.js";

/** What a page may do: be seen, in its own style. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const STYLE = `:root{color-scheme:light dark}
body{max-width:44rem;margin:0 auto;padding:3rem 1.25rem 5rem;font:1.06rem/1.65 Charter,"Iowan Old Style","Noto Serif",Cambria,Georgia,serif;color:light-dark(#23211d,#e7e4dd);background:light-dark(#fffefb,#17181a);overflow-wrap:anywhere}
header{margin-bottom:2.5rem;padding-bottom:.75rem;border-bottom:1px solid light-dark(#e4e0d6,#2a2b2e);font:.85rem/1.5 system-ui,sans-serif;color:light-dark(#6b665e,#a19c92)}
header p{margin:0}h1,h2,h3,h4,h5,h6{line-height:1.25;margin:2em 0 .6em}main>:first-child{margin-top:0}
a{color:light-dark(#0b5a54,#7fd0c6)}blockquote{margin:1.2em 0;padding-left:1.1em;border-left:3px solid light-dark(#c9c3b5,#45464a)}
code,pre{font:.86em/1.55 ui-monospace,Menlo,Consolas,monospace;background:light-dark(#f3f1ea,#222326);border-radius:4px}code{padding:.1em .3em}
pre{padding:.9em 1.1em;overflow:auto}pre code{padding:0;font-size:1em}table{border-collapse:collapse}th,td{padding:.35em .8em;border-bottom:1px solid light-dark(#e4e0d6,#2a2b2e);text-align:start}
li.task{list-style:none}li.task>input{margin:0 .5em 0 -1.5em}hr{border:0;border-top:1px solid light-dark(#c9c3b5,#45464a);margin:2.2em 0}.notes{font-size:.9em}`;

const SIGNS = new Set([
  "HeaderMark", "QuoteMark", "ListMark", "LinkMark", "EmphasisMark", "CodeMark", "StrikethroughMark",
  "SubscriptMark", "SuperscriptMark", "TaskMarker", "LinkTitle", "LinkLabel",
]);
const AROUND = {
  Emphasis: "em", StrongEmphasis: "strong", Strikethrough: "del", Subscript: "sub", Superscript: "sup",
};

function escaped(text) {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** The children of a node of the syntax. */
function children(node) {
  const found = [];
  for (let child = node.firstChild; child; child = child.nextSibling) found.push(child);
  return found;
}

class Page {
  constructor(text) {
    this.text = text;
    this.notes = [];
    /** The names of notes, in the order in which the text first refers to them. */
    this.order = [...new Set([...text.matchAll(/\[\^([^\]\s]+)\](?!:)/g)].map(([, name]) => name))];
    /** Addresses that stand elsewhere in the text, by the name that links give them. */
    this.named = new Map();
    for (const [, name, address] of text.matchAll(/^ {0,3}\[([^\]^][^\]]*)\]:[ \t]*<?([^\s>]+)/gm)) {
      this.named.set(name.toLowerCase(), address);
    }
  }

  slice(from, to) {
    return this.text.slice(from, to);
  }

  body() {
    const blocks = this.blocks(markdownLanguage.parser.parse(this.text).topNode);
    if (!this.notes.length) return blocks;
    const notes = this.notes.map(({ id, html }) => `<li id="note-${escaped(id)}" value="${this.nth(id)}">${html}</li>`);
    return `${blocks}\n<hr>\n<ol class="notes">\n${notes.join("\n")}\n</ol>`;
  }

  blocks(node) {
    return children(node).map((child) => this.block(child)).filter(Boolean).join("\n");
  }

  block(node) {
    const { name, from, to } = node;
    const level = /^(?:ATX|Setext)Heading(\d)$/.exec(name)?.[1];
    if (level) return `<h${level}>${this.inline(node).trim()}</h${level}>`;
    switch (name) {
      case "Paragraph":
      case "LinkReference":
        return this.paragraph(node);
      case "Blockquote":
        return `<blockquote>\n${this.blocks(node)}\n</blockquote>`;
      case "BulletList":
        return `<ul>\n${this.blocks(node)}\n</ul>`;
      case "OrderedList": {
        const start = Number.parseInt(this.slice(from, from + 9), 10);
        return `<ol${start === 1 ? "" : ` start="${start}"`}>\n${this.blocks(node)}\n</ol>`;
      }
      case "ListItem":
        return this.item(node);
      case "HorizontalRule":
        return "<hr>";
      case "FencedCode":
      case "CodeBlock": {
        const lines = node.getChildren("CodeText").map((part) => this.slice(part.from, part.to));
        return `<pre><code>${escaped(lines.join(""))}</code></pre>`;
      }
      case "Table":
        return this.table(node);
      case "HTMLBlock":
      case "CommentBlock":
      case "ProcessingInstructionBlock":
        return `<p>${escaped(this.slice(from, to)).replace(/\n/g, "<br>\n")}</p>`;
      default:
        return SIGNS.has(name) ? "" : `<p>${this.inline(node)}</p>`;
    }
  }

  paragraph(node) {
    const text = this.slice(node.from, node.to);
    const id = definitionIn(text);
    if (id !== null) {
      // A definition's address is not an address, but the first of its words.
      const start = node.from + /^ *\[\^[^\]]+\]:[ \t]*/.exec(text)[0].length;
      const html = node.name === "Paragraph" ? this.inline(node, start) : escaped(this.slice(start, node.to));
      this.notes.push({ id, html });
      return "";
    }
    return node.name === "LinkReference" ? "" : `<p>${this.inline(node)}</p>`;
  }

  item(node) {
    const task = node.getChild("Task");
    if (task) {
      const done = /x/i.test(this.slice(task.from, task.from + 3));
      const rest = children(node).filter((child) => child.name !== "Task").map((child) => this.block(child));
      const box = `<input type="checkbox" disabled${done ? " checked" : ""}>`;
      return `<li class="task">${box}${this.inline(task).trim()}${rest.filter(Boolean).join("\n")}</li>`;
    }
    const parts = children(node).filter((child) => child.name !== "ListMark");
    // An item of one paragraph is a line, not a paragraph.
    const line = parts[0]?.name === "Paragraph" && parts.slice(1).every(({ name }) => name.endsWith("List"));
    const inner = parts.map((part, nth) => (line && nth === 0 ? this.inline(part) : this.block(part)));
    return `<li>${inner.filter(Boolean).join("\n")}</li>`;
  }

  table(node) {
    const dashes = node.getChildren("TableDelimiter").map(({ from, to }) => this.slice(from, to)).find((row) => row.includes("-")) ?? "";
    const sides = dashes.replace(/^\s*\||\|\s*$/g, "").split("|").map((cell) => {
      const [, left, right] = /^\s*(:?)-*(:?)\s*$/.exec(cell) ?? [];
      return right ? ` style="text-align:${left ? "center" : "end"}"` : "";
    });
    const row = (line, cell) => {
      const cells = line.getChildren("TableCell");
      return `<tr>${cells.map((one, nth) => `<${cell}${sides[nth] ?? ""}>${this.inline(one)}</${cell}>`).join("")}</tr>`;
    };
    const head = node.getChildren("TableHeader").map((line) => row(line, "th"));
    const rows = node.getChildren("TableRow").map((line) => row(line, "td"));
    return `<table>\n<thead>${head.join("")}</thead>\n<tbody>${rows.join("\n")}</tbody>\n</table>`;
  }

  /** What stands in a line, from `start` on if that is not its beginning. */
  inline(node, start = node.from, end = node.to) {
    let html = "";
    let at = start;
    for (const child of children(node)) {
      if (child.to <= start || child.from >= end) continue;
      html += escaped(this.slice(at, child.from)) + this.part(child);
      at = child.to;
    }
    return html + escaped(this.slice(at, end));
  }

  part(node) {
    const { name, from, to } = node;
    if (SIGNS.has(name)) return "";
    if (AROUND[name]) return `<${AROUND[name]}>${this.inline(node)}</${AROUND[name]}>`;
    switch (name) {
      case "InlineCode": {
        const [open, close] = node.getChildren("CodeMark");
        return `<code>${escaped(this.slice(open.to, close?.from ?? to).trim())}</code>`;
      }
      case "Escape":
        return escaped(this.slice(from + 1, to));
      case "HardBreak":
        return "<br>\n";
      case "Autolink":
        return this.link(this.slice(from + 1, to - 1), escaped(this.slice(from + 1, to - 1)));
      case "URL":
        return this.link(this.slice(from, to), escaped(this.slice(from, to)));
      case "Link":
      case "Image":
        return this.linked(node);
      default:
        // Raw HTML and entities too: as they were typed.
        return escaped(this.slice(from, to));
    }
  }

  linked(node) {
    const whole = this.slice(node.from, node.to);
    const note = /^\[\^([^\]\s]+)\]$/.exec(whole)?.[1];
    if (note !== undefined) return this.reference(note);
    const marks = node.getChildren("LinkMark");
    const given = node.getChild("URL");
    const label = node.getChild("LinkLabel");
    const [from, to] = [marks[0].to, marks[1]?.from ?? node.to];
    const name = (label && this.slice(label.from + 1, label.to - 1)) || this.slice(from, to);
    const address = given ? this.slice(given.from, given.to).replace(/^<|>$/g, "") : this.named.get(name.toLowerCase());
    if (address === undefined) return escaped(whole);
    const inner = this.inline(node, from, to);
    if (node.name === "Link") return this.link(address, inner);
    // A picture would be fetched from elsewhere; whoever wants to see it follows it.
    const picture = safePicture(address);
    return picture ? this.link(picture, inner || escaped(picture)) : inner;
  }

  link(address, inner) {
    const found = safe(address);
    return found ? `<a href="${escaped(found)}" rel="noopener noreferrer">${inner}</a>` : inner;
  }

  nth(id) {
    return this.order.indexOf(id) + 1 || this.notes.length;
  }

  reference(id) {
    return `<sup><a href="#note-${escaped(id)}">${this.nth(id)}</a></sup>`;
  }
}

globalThis.palimpsestWebpage = {
  /** The page of a text: `title` is what its tab says, `told` stands above the text. */
  of(text, title, told) {
    return `<!doctype html>
<html lang="">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><p>${escaped(told)}</p></header>
<main dir="auto">
${new Page(text).body()}
</main>
</body>
</html>
`;
  },
};
