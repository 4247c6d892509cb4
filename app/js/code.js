// The colours of code between fences: comments, strings, numbers, keywords and names that are
// called, for the languages people put into notes. A tokenizer of regular expressions costs
// two kilobytes where grammars would cost hundreds, and is never wrong by more than a colour.

const words = (list) => new Set(list.split(" "));

const SLASHES = String.raw`\/\/.*|\/\*[^]*?(?:\*\/|$)`;
const HASH = String.raw`(?<![^\s;])#.*`;
const QUOTED = String.raw`"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?`;
const DOUBLE = String.raw`"(?:\\[^]|[^"\\])*"?`;
const TICKED = String.raw`${"`"}(?:\\[^]|[^\\${"`"}])*${"`"}?`;
const TRIPLE = String.raw`"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)`;

const C_WORDS =
  "auto bool break case catch char class const constexpr continue default delete do double else enum extern false final float for if inline int long namespace new nullptr operator override private protected public return short signed sizeof static struct switch template this throw true try typedef typename union unsigned using virtual void volatile while";
const JAVA_WORDS =
  "abstract async await base boolean break byte case catch char class const continue decimal default delegate do double else enum event extends false final finally float for foreach get goto if implements import in instanceof int interface internal is lock long namespace native new null object out override package params private protected public readonly record ref return sealed set short static string struct super switch synchronized this throw throws transient true try typeof using var virtual void volatile when where while yield fun val data object companion";

const LANGUAGES = {
  rust: {
    comment: SLASHES,
    string: String.raw`b?r(?<hashes>#*)"[^]*?(?:"\k<hashes>|$)|b?${DOUBLE}|b?'(?:\\.[^'\n]*|[^\\'\n])'`,
    words: words("as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type union unsafe use where while"),
  },
  js: {
    comment: SLASHES,
    string: `${QUOTED}|${TICKED}`,
    words: words("abstract any as async await boolean break case catch class const continue debugger declare default delete do else enum export extends false finally for from function get if implements import in infer instanceof interface is keyof let never new null number of private protected public readonly return satisfies set static string super switch this throw true try type typeof undefined unknown var void while with yield"),
  },
  python: {
    comment: "#.*",
    string: `[rbfu]{0,2}(?:${TRIPLE}|${QUOTED})`,
    words: words("and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return self True try while with yield"),
  },
  go: {
    comment: SLASHES,
    string: `${QUOTED}|${TICKED}`,
    words: words("any bool break byte case chan const continue default defer else error fallthrough false float64 for func go goto if import int interface iota map nil package range return rune select string struct switch true type uint var"),
  },
  c: { comment: `${SLASHES}|^[ \\t]*#\\w+.*`, string: QUOTED, words: words(C_WORDS) },
  java: { comment: SLASHES, string: `${TRIPLE}|${QUOTED}`, words: words(JAVA_WORDS) },
  sh: {
    comment: HASH,
    string: String.raw`${DOUBLE}|'[^']*'?|\$\{[^}\n]*\}|\$[\w@#?*!-]+`,
    words: words("case cd do done echo elif else esac exit export fi for function if in local read return set shift source then trap unset until while sudo"),
  },
  ruby: {
    comment: HASH,
    string: QUOTED,
    words: words("alias and begin break case class def defined do else elsif end ensure false for if in module next nil not or redo rescue retry return self super then true undef unless until when while yield require attr_accessor attr_reader"),
  },
  sql: {
    comment: String.raw`--.*|\/\*[^]*?(?:\*\/|$)`,
    string: QUOTED,
    caseless: true,
    words: words("add all alter and as asc begin between by case check column commit constraint create cross default delete desc distinct drop else end exists false foreign from full group having if in index inner insert into is join key left like limit not null offset on or order outer primary references right rollback select set table then true union unique update using values view when where with"),
  },
  json: { string: DOUBLE, words: words("true false null"), key: true },
  yaml: { comment: HASH, string: QUOTED, words: words("true false null yes no on off"), key: true },
  toml: { comment: HASH, string: `${TRIPLE}|${QUOTED}`, words: words("true false"), key: true },
  css: { comment: SLASHES, string: QUOTED, words: words("important and not only from to"), key: true },
  html: {
    comment: "<!--[^]*?(?:-->|$)",
    string: QUOTED,
    keyword: String.raw`<\/?[\w:-]+|\/?>`,
    words: new Set(),
  },
};

const NAMES = {
  rs: "rust", javascript: "js", jsx: "js", ts: "js", tsx: "js", typescript: "js", mjs: "js",
  py: "python", python3: "python", golang: "go", cpp: "c", "c++": "c", h: "c", hpp: "c", objc: "c",
  cs: "java", csharp: "java", kotlin: "java", kt: "java", scala: "java", swift: "java", dart: "java",
  php: "java", bash: "sh", shell: "sh", zsh: "sh", fish: "sh", console: "sh", dockerfile: "sh",
  makefile: "sh", rb: "ruby", jsonc: "json", json5: "json", yml: "yaml", ini: "toml", conf: "toml",
  scss: "css", less: "css", xml: "html", svg: "html", vue: "html", svelte: "html", postgres: "sql",
  sqlite: "sql", mysql: "sql",
};

const compiled = new Map();

function grammar(name) {
  const known = NAMES[name] ?? name;
  const language = Object.hasOwn(LANGUAGES, known) ? LANGUAGES[known] : null;
  if (!language) return null;
  if (!compiled.has(known)) {
    const { comment, string, keyword, key } = language;
    const part = (group, source) => (source ? [`(?<${group}>${source})`] : []);
    const parts = [
      ...part("comment", comment),
      ...part("property", key && String.raw`"(?:\\.|[^"\\\n])*"(?=\s*:)|[\w.-]+(?=\s*[:=](?:\s|$))`),
      ...part("string", string),
      ...part("keyword", keyword),
      ...part("number", String.raw`\b\d[\w.]*`),
      ...part("call", String.raw`[\p{L}_$][\p{L}\d_$]*!?(?=\s?\()`),
      ...part("word", String.raw`[\p{L}_$][\p{L}\d_$]*`),
    ];
    compiled.set(known, { ...language, all: new RegExp(parts.join("|"), "gmu") });
  }
  return compiled.get(known);
}

/** What is written there: `[from, to, kind]` for every word that has a colour of its own. */
export function tokens(name, text) {
  name = name.toLowerCase();
  if (name === "diff" || name === "patch") return difference(text);
  const language = grammar(name);
  const found = [];
  if (!language) return found;
  for (const match of text.matchAll(language.all)) {
    const from = match.index;
    const to = from + match[0].length;
    let kind = Object.keys(match.groups).find((group) => match.groups[group] !== undefined);
    if (kind === "word" || kind === "call") {
      const word = language.caseless ? match[0].toLowerCase() : match[0];
      if (language.words.has(word)) kind = "keyword";
      else if (kind === "word") kind = /^\p{Lu}\p{L}*\p{Ll}/u.test(word) ? "type" : null;
    }
    if (kind && from < to) found.push([from, to, kind]);
  }
  return found;
}

function difference(text) {
  const found = [];
  for (const match of text.matchAll(/^(?:([-+])|(@@)).*/gm)) {
    const kind = match[2] ? "keyword" : match[1] === "+" ? "added" : "removed";
    found.push([match.index, match.index + match[0].length, kind]);
  }
  return found;
}
