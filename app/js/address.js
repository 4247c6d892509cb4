// Addresses in the text: which may be opened, and what a link or a footnote leads to.
import { syntaxTree } from "@codemirror/language";
import { EditorView } from "@codemirror/view";

const SAFE = new Set(["http:", "https:", "mailto:", "tel:"]);

/** The address to open, or null: nothing that runs as a script is ever followed. */
export function safe(address) {
  const plain = address.trim();
  const named = /^www\./i.test(plain)
    ? `https://${plain}`
    : /^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(plain) ? `mailto:${plain}` : plain;
  const parsed = URL.canParse(named, location.href) ? new URL(named, location.href) : null;
  return parsed && SAFE.has(parsed.protocol) ? parsed.href : null;
}

/** The address to show a picture from, or null. */
export function safePicture(address) {
  const found = safe(address);
  return found && /^https?:/.test(found) ? found : null;
}

/** Opens an address in a tab of its own, which learns nothing of this one. */
export function open(address) {
  const found = safe(address);
  if (found) window.open(found, "_blank", "noopener,noreferrer");
  return found !== null;
}

/** What a node of the syntax says, if it is a link: `{ kind, from, to, text, url, … }`. */
export function linkAt(node, doc) {
  if (node.name === "URL") {
    const outer = node.parent?.name;
    if (outer === "Link" || outer === "Image" || outer === "LinkReference") return null;
    if (outer === "Autolink") return linkAt(node.parent, doc);
    const url = doc.sliceString(node.from, node.to);
    return { kind: "bare", from: node.from, to: node.to, text: [node.from, node.to], url };
  }
  if (node.name === "Autolink") {
    const text = [node.from + 1, node.to - 1];
    return { kind: "auto", from: node.from, to: node.to, text, url: doc.sliceString(...text) };
  }
  if (node.name !== "Link" && node.name !== "Image") return null;
  const marks = node.getChildren("LinkMark");
  const address = node.getChild("URL");
  const label = node.getChild("LinkLabel");
  const { from, to } = node;
  const inner = doc.sliceString(from, Math.min(to, from + 200));
  const note = node.name === "Link" && !address && /^\[\^([^\]\s]+)\]$/.exec(inner);
  if (note) return { kind: "note", from, to, text: [from + 2, to - 1], id: note[1] };
  if (marks.length < 2 || (!address && !label)) return null;
  const text = [marks[0].to, marks[1].from];
  let url = "";
  if (address) url = doc.sliceString(address.from, address.to).replace(/^<|>$/g, "");
  const name = label && (doc.sliceString(label.from + 1, label.to - 1) || doc.sliceString(...text));
  const kind = node.name === "Image" ? "picture" : "link";
  return { kind, from, to, text, url, name, address: address && [address.from, address.to] };
}

/** The link that a position is in or beside, if there is one. */
export function linkNear(state, pos) {
  for (const side of [1, -1]) {
    for (let node = syntaxTree(state).resolveInner(pos, side); node; node = node.parent) {
      const link = linkAt(node, state.doc);
      if (link) return link;
    }
  }
  return null;
}

/** Where a link leads, also when its address stands elsewhere in the text. */
export function addressOf(state, link) {
  if (!link.name) return link.url;
  const name = escaped(link.name);
  const found = new RegExp(`^ {0,3}\\[${name}\\]:[ \\t]*<?([^\\s>]+)`, "im").exec(state.sliceDoc());
  return found ? found[1] : "";
}

/** The definition of a footnote: where it starts, and what it says. */
export function noteOf(state, id) {
  const found = new RegExp(`^ {0,3}\\[\\^${escaped(id)}\\]:[ \\t]*(.*)`, "m").exec(state.sliceDoc());
  if (!found) return null;
  const from = found.index;
  return { from, to: from + found[0].length, text: found[1] };
}

/** Where a footnote is referred to first. */
export function referenceOf(state, id) {
  const found = new RegExp(`\\[\\^${escaped(id)}\\](?!:)`).exec(state.sliceDoc());
  return found ? found.index + found[0].length : null;
}

/** Goes between a footnote and where it is referred to. */
export function follow(view, id, definition) {
  const { state } = view;
  const pos = definition ? referenceOf(state, id) : noteOf(state, id)?.to;
  if (pos === null || pos === undefined) return false;
  const effects = EditorView.scrollIntoView(pos, { y: "center" });
  view.dispatch({ selection: { anchor: pos }, effects });
  view.focus();
  return true;
}

/** The definition that a line is, if it is one: its name. */
export function definitionIn(text) {
  return /^ {0,3}\[\^([^\]\s]+)\]:/.exec(text)?.[1] ?? null;
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
