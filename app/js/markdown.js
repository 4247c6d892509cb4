// What was copied from a page, as Markdown. It reads a document that no browser shows: nothing
// in it runs and nothing is fetched for it.
import { safe } from "./address.js";
import { toRead } from "./trusted.js";

const SKIPPED = new Set(["SCRIPT", "STYLE", "TEMPLATE", "NOSCRIPT", "HEAD", "TITLE", "META", "LINK", "IFRAME", "OBJECT", "SVG", "BUTTON", "INPUT", "SELECT", "TEXTAREA"]);
const BLOCKS = new Set(["P", "DIV", "SECTION", "ARTICLE", "HEADER", "FOOTER", "MAIN", "ASIDE", "NAV", "FIGURE", "FIGCAPTION", "ADDRESS", "DL", "DT", "DD", "DETAILS", "SUMMARY", "FORM", "FIELDSET", "BODY"]);
// Deeper than this nobody writes, and a made-up page might.
const DEPTH_MAX = 60;

/** The Markdown of a page's HTML. */
export function fromHtml(html) {
  const page = toRead(quiet(html));
  return blocks(page.body, 0).join("\n\n").replace(/\n{3,}/g, "\n\n").trim();
}

/** Without handlers of events: none would run, and the browser would complain of each. */
function quiet(html) {
  return html.replace(/<[^<>]*>/g, (tag) => tag.replace(/[\s/]on[a-z]+\s*=/gi, " data-off="));
}

function isBlock(node) {
  return BLOCKS.has(node.nodeName) || /^(H[1-6]|UL|OL|LI|PRE|BLOCKQUOTE|TABLE|HR)$/.test(node.nodeName);
}

function hasBlock(node) {
  return [...node.children].some((child) => isBlock(child) || hasBlock(child));
}

/** The blocks of an element, each as its own lines. */
function blocks(element, depth) {
  const found = [];
  let loose = "";
  const end = () => {
    const text = tidy(loose);
    if (text) found.push(text);
    loose = "";
  };
  if (depth > DEPTH_MAX) return [tidy(escaped(element.textContent))].filter(Boolean);
  for (const node of element.childNodes) {
    if (SKIPPED.has(node.nodeName)) continue;
    const inner = node.nodeType === Node.ELEMENT_NODE && (isBlock(node) || hasBlock(node));
    if (!inner) {
      loose += inline(node, depth);
      continue;
    }
    end();
    found.push(...block(node, depth));
  }
  end();
  return found;
}

function block(node, depth) {
  const name = node.nodeName;
  if (/^H[1-6]$/.test(name)) {
    const text = tidy(inlines(node, depth)).replace(/\s*\n\s*/g, " ");
    return text ? [`${"#".repeat(Number(name[1]))} ${text}`] : [];
  }
  if (name === "HR") return ["---"];
  if (name === "UL" || name === "OL") return list(node, depth);
  if (name === "LI") return list({ children: [node], nodeName: "UL" }, depth);
  if (name === "BLOCKQUOTE") {
    const text = blocks(node, depth + 1).join("\n\n");
    return text ? [text.replace(/^/gm, "> ").replace(/^> $/gm, ">")] : [];
  }
  if (name === "PRE") return [code(node)];
  if (name === "TABLE") return table(node, depth);
  return blocks(node, depth + 1);
}

function code(node) {
  const text = node.textContent.replace(/\r\n?/g, "\n").replace(/^\n|\n$/g, "");
  const named = node.querySelector("[class*='language-']") ?? node;
  const language = /(?:language|lang|highlight-source)-([\w+#-]+)/.exec(named.className)?.[1] ?? "";
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map((one) => one[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

function list(node, depth) {
  const ordered = node.nodeName === "OL";
  let n = ordered ? Number(node.getAttribute("start")) || 1 : 0;
  const items = [];
  for (const child of node.children) {
    // Some editors nest lists beside the items instead of inside of them.
    if (child.nodeName === "UL" || child.nodeName === "OL") {
      const inner = list(child, depth + 1).join("\n");
      items.push(inner.replace(/^(?=.)/gm, "  "));
      continue;
    }
    if (SKIPPED.has(child.nodeName)) continue;
    const box = child.querySelector(":scope > input[type=checkbox], :scope > label > input[type=checkbox], :scope > p > input[type=checkbox]");
    const task = box ? `[${box.hasAttribute("checked") ? "x" : " "}] ` : "";
    const marker = ordered ? `${n++}. ` : "- ";
    const parts = blocks(child, depth + 1);
    const close = parts.every((part, i) => i === 0 || /^(?:[-+*]|\d+\.) /.test(part));
    const text = parts.join(close ? "\n" : "\n\n");
    const indent = " ".repeat(marker.length);
    items.push(marker + task + text.replace(/\n(?=.)/g, `\n${indent}`));
  }
  return items.length ? [items.join("\n")] : [];
}

function table(node, depth) {
  const rows = [...node.querySelectorAll("tr")].filter((row) => row.closest("table") === node);
  const cells = rows.map((row) =>
    [...row.children].map((cell) =>
      tidy(inlines(cell, depth)).replace(/\s*\n\s*/g, " ").replace(/\|/g, "\\|"),
    ),
  );
  const width = Math.max(0, ...cells.map((row) => row.length));
  if (width === 0) return [];
  // A table of one column lays out a page; what is in it is what counts.
  if (width === 1) return rows.flatMap((row) => [...row.children].flatMap((cell) => blocks(cell, depth + 1)));
  const line = (row) => `| ${Array.from({ length: width }, (_, i) => row[i] ?? "").join(" | ")} |`;
  const dashes = `|${" --- |".repeat(width)}`;
  return [[line(cells[0]), dashes, ...cells.slice(1).map(line)].join("\n")];
}

function inlines(element, depth) {
  return [...element.childNodes].map((child) => inline(child, depth)).join("");
}

function inline(node, depth) {
  if (node.nodeType === Node.TEXT_NODE) return escaped(node.data.replace(/[ \t\r\n\f]+/g, " "));
  if (node.nodeType !== Node.ELEMENT_NODE || SKIPPED.has(node.nodeName)) return "";
  if (depth > DEPTH_MAX) return escaped(node.textContent);
  const inner = () => inlines(node, depth + 1);
  switch (node.nodeName) {
    case "BR":
      return "\n";
    case "STRONG":
    case "B":
      // Google Docs puts everything it copies into a bold element that is not bold.
      return /^(?:normal|400)$/.test(node.style?.fontWeight ?? "") ? inner() : around("**", inner());
    case "EM":
    case "I":
      return around("*", inner());
    case "DEL":
    case "S":
    case "STRIKE":
      return around("~~", inner());
    case "CODE":
    case "KBD":
    case "SAMP":
    case "TT": {
      const text = node.textContent.replace(/\s+/g, " ");
      const fence = "`".repeat(Math.max(0, ...[...text.matchAll(/`+/g)].map((one) => one[0].length)) + 1);
      const space = /^`|`$/.test(text) ? " " : "";
      return text.trim() ? fence + space + text + space + fence : text;
    }
    case "IMG": {
      const address = node.getAttribute("src") ?? "";
      const alt = escaped((node.getAttribute("alt") ?? "").replace(/\s+/g, " "));
      return /^https?:/i.test(address) ? `![${alt}](${target(address)})` : alt;
    }
    case "A": {
      const address = node.getAttribute("href") ?? "";
      const text = inner();
      if (!text.trim() || !/^(?:https?|mailto|tel):/i.test(address) || !safe(address)) return text;
      if (node.textContent.trim() === address) return `<${address}>`;
      return around("[", text.replace(/\s*\n\s*/g, " "), `](${target(address)})`);
    }
    case "SPAN": {
      // Word processors say with a style what others say with an element.
      const { fontWeight, fontStyle, textDecorationLine } = node.style;
      let text = inner();
      if (/line-through/.test(textDecorationLine)) text = around("~~", text);
      if (fontStyle === "italic") text = around("*", text);
      if (fontWeight === "bold" || Number(fontWeight) >= 600) text = around("**", text);
      return text;
    }
    default:
      return inner();
  }
}

/** Puts signs around words; space at the ends stays outside of them. */
function around(open, text, close = open) {
  const words = text.trim();
  if (!words) return text;
  const start = text.indexOf(words);
  return text.slice(0, start) + open + words + close + text.slice(start + words.length);
}

function target(address) {
  return /[\s()<>]/.test(address) ? `<${address.replace(/[<>\s]/g, encodeURIComponent)}>` : address;
}

/** Letters that would mean something in Markdown mean themselves. */
function escaped(text) {
  return text
    .replace(/[\\`*[\]]/g, "\\$&")
    .replace(/(?<![\p{L}\d])_|_(?![\p{L}\d])/gu, "\\_")
    .replace(/~~/g, "\\~~")
    .replace(/<(?=[a-z/!])/gi, "\\<");
}

function tidy(text) {
  return text
    .replace(/[ \t\u00a0]*\n[ \t]*/g, "\n")
    .trim()
    .replace(/^(#{1,6}|>|[-+](?=\s)|\d+(?=[.)]\s))/gm, (sign) => (/^\d/.test(sign) ? `${sign}\\` : `\\${sign}`));
}
