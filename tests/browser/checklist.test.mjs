// The checklist: what a person expects of a timeline and of an editor, row by row, and the
// stories that show it. A row whose story is gone, was renamed or is skipped fails. The stories themselves are in the files of their subjects, which run
// beside this one.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

const FOLDER = new URL("./", import.meta.url);

/** What one expects of a timeline on the first day. */
const TIMELINE = {
  "opens in place at the same address, says unmistakably that this is the past; Escape, Back and Forward work": [
    "the past is unmistakable and cannot be written in",
    "the banner says when and who, and that the document goes on",
    "a link to a moment opens that moment, also for somebody else",
    "going there while the history is still read shows nothing to write in, and one can leave",
  ],
  "keyboard: a step, a larger step, by author, by session, first, last, play": [
    "keys alone go through sittings, authors and marks, zoom, play and come back",
    "the slider goes to the first and the last revision by keys",
  ],
  "play and pause, real time, multiples up to 200, a range in ten seconds": [
    "play shows the whole story and ends now, and pause stops it",
    "there is a speed for every patience, from half an edit to two hundred a second, and real time",
    "playing by the clock skips pauses only when asked to",
    "a link opens a range, a speed, and plays by itself",
  ],
  "skip idle": ["playing by the clock skips pauses only when asked to"],
  "axis by event or by the clock with gaps collapsed": ["the line shows sessions, edits or the clock"],
  "bands of colour per author, zoomable; hovering says date and author": [
    "the line shows sessions, edits or the clock",
    "zooming in keeps what is under the pointer there",
    "pointing at the line says when, who and what",
  ],
  "text coloured by author at that moment; who was present": [
    "the text is coloured by who wrote it, now and then, with a legend that needs no colours",
    "the banner names who else was there around then",
  ],
  "the view follows the change, changed text glows and fades": ["following can be switched off, and what changes glows"],
  "two handles: difference of any two moments, counts, next and previous change": [
    "any two moments are compared with two handles, by keys",
    "changes are gone through one by one, inline and side by side",
    "comparing with now shows what was added and removed",
    "a ticked task is seen in a comparison",
    "a comparison is there also when it is asked for from now, by a link or by a key",
  ],
  "levels: keystroke, session, day, milestone": [
    "the line shows sessions, edits or the clock",
    "keys alone go through sittings, authors and marks, zoom, play and come back",
    "versions are listed, gone to, renamed and their names taken away",
  ],
  "restore is a new event, confirmed by a preview, undoable, others undisturbed; a part can be copied out": [
    "restoring shows first what it would change, and a toast takes it back",
    "restoring is a new edit with the old text, and can be undone",
    "restoring names its source, and leaves comments and other people where they are",
    "a piece of the past is copied into now where the caret was, by keys",
  ],
  "restore keeps comments, identity and comparability": [
    "restoring names its source, and leaves comments and other people where they are",
    "comments show in the past as they stood then",
    "restoring is a new edit with the old text, and can be undone",
  ],
  "named versions on the track, jump between them, rename later, nothing trims them": [
    "a version gets a name that others see on their timeline",
    "versions are listed, gone to, renamed and their names taken away",
    "a named moment is renamed where one stands, and an emptied name is taken away",
    "a paste, an undo and a named version stand out, and keys go from one to the next",
  ],
  "markers for paste, import, restore, offline arrival, comment": [
    "a paste, an undo and a named version stand out, and keys go from one to the next",
    "an import, a restoration, a comment and what came from offline stand out on the line",
  ],
  "a link to a moment, a range, a speed, stable for ever": [
    "a link to a moment opens that moment, also for somebody else",
    "a link opens a range, a speed, and plays by itself",
    "an address that can be no moment is corrected, once and with words",
    "what means nothing in an address is taken out of it, and it says what is shown",
    "every revision shows the text that the server has for it",
  ],
  "reaches the very first and the very last state, also while more is loaded": [
    "the slider goes to the first and the last revision by keys",
    "a link to a moment waits for the history",
    "every revision shows the text that the server has for it",
  ],
  "quick on a long history: a drag never blocks": ["a document of a quarter of a million edits stays quick"],
  "works offline from the log of this device, its past complete": [
    "the time machine works without a network, with edits no server has seen",
    "a long document opens at once, its history behind it, also without a network",
  ],
  "what is shown is exported, as Markdown and as a web page, of that moment": [
    "what is shown is exported, with its date in the name",
    "what is shown in the past is exported as a web page that needs nothing and runs nothing",
  ],
  "labels for screen readers, a real slider, nothing by colour alone": [
    "the slider speaks: which edit, when, by whom, and what was done",
    "every view of a document, on a desk, keeps to WCAG 2.2 AA",
    "the text is coloured by who wrote it, now and then, with a legend that needs no colours",
  ],
  "touch: drag with a fine mode, buttons of 44 px": [
    "a finger scrubs, and goes finer away from the line",
    "on a phone everything that is touched is as large as a finger",
  ],
  "readers see history only if they are allowed": [
    "a link to read shows every word as it is written, and takes none",
    "a link to comment lets people comment, and a link to the present shows no past",
  ],
};

const WRITING = {
  "live preview: headings, emphasis, quotes, code with highlighting": [
    "headings, emphasis, quotes, code, tables and tasks look like what they mean",
  ],
  "marks shown only where the caret is": [
    "marks are shown where the caret is, and nowhere else",
    "the caret stands where the next letter comes, ${width} pixels wide",
  ],
  "lists with continuation": ["a list goes on by itself and ends with an empty item", "a wrapped line of a list begins where its text does"],
  "task boxes that tick": ["a task is ticked by a click, as an edit of its text"],
  tables: ["a table lines its cells up, and Tab goes from one to the next"],
  links: ["a link says where it leads and is opened only if that is safe"],
  "pictures that are loaded when asked for; raw HTML shown as text": ["what stands in HTML is text, and pictures wait to be asked for"],
  footnotes: ["a footnote is made, and one goes there and back"],
  "slash menu": ["the slash menu puts a task list in, and goes away when it is not meant"],
  "command palette": [
    "somebody opens another document by a word of its title",
    "somebody goes to a heading and makes the word there bold, all from the palette",
    "what was done last comes first, Escape gives the caret back",
  ],
  "the keyboard for all of it": [
    "keys make words bold, lines headings and tasks, and take it back",
    "every action on a text is done from the palette, by keys alone",
    "every action on the past is done from the palette, by keys alone",
    "every action on the library is done from the palette, by keys alone",
    "everything that is seen on a document's page is reached by Tab and has a name",
    "everything in dialogs, menus and on a phone is reached by keys and has a name",
    "everything in the library, in the search and where nothing is is reached by Tab and has a name",
  ],
  "a sheet that lists the keys": ["the sheet lists every key, and opens with a question mark outside of the text"],
  "paste of HTML": ["a page that is pasted becomes Markdown; plain text stays what it is"],
  "paste of an address over a selection": ["an address pasted over words makes a link of them"],
  "drag in a Markdown file": ["a Markdown file dropped into the text is inserted there"],
  "find and replace": [
    "the text can be searched",
    "words are found and all replaced in one edit that undo takes back",
    "the text of the past can be searched, and not replaced",
  ],
  "outline with click and scroll-spy": ["the outline marks where one reads and goes where it is asked, by keys alone"],
  "word count": ["words are counted, of the selection when there is one"],
  "focus mode": ["focus mode leaves the paragraph, Escape brings everything back"],
  "spell check by the browser": ["the browser checks the spelling of what is written, and not of what is read"],
  "composition that survives remote edits": [
    "one composes while the other writes on another line",
    "one composes inside of a bold word while the other writes before it",
    "one composes with an input method while the other types in the same line",
    "the other deletes the line in which one composes",
    "a composition that is given up leaves nothing behind",
    "lines pasted with carriage returns stand the same on both sides while one composes",
    "composing beside families, combining marks and right-to-left text keeps them whole",
  ],
  "right-to-left text": ["right-to-left lines run from the right, their lists and quotations too"],
  "print looks like a page": ["on paper there is the text alone, with addresses, and all of it"],
};

const TOGETHER = {
  "presence with names and colours": [
    "who only reads is seen as being here, and a new name is seen at once",
    "each sees where the other is, by name",
    "several tabs of one person are one person who has seen it",
  ],
  "that differ also without colour": ["two people's carets and selections differ also without colour"],
  "follow a person": ["somebody is followed until one scrolls oneself"],
  "jump to a caret": ["the list of people says where each is, and leads there, by keyboard alone"],
  "remote insertions fade in": [
    "what somebody else writes fades in, unless one wants less motion",
    "while one writes, what somebody else writes is seen and nothing moves",
  ],
  "comments anchored to characters, with threads": [
    "somebody selects words, says something about them, and the other answers",
    "a comment follows its text, and does not grow at its edges",
  ],
  "resolve, change, withdraw": ["somebody changes and withdraws what they said, resolves it and takes it up again"],
  mention: ["a person is named with an @, and sees it"],
  "comments follow moves": ["a comment follows a line that is moved"],
  "comments survive deletion, with a link to when the text stood": ["a comment outlives its text, and leads to the moment when that stood"],
  "comments show in the past as they stood then": ["comments show in the past as they stood then"],
  "comments by keys and on a phone": [
    "comments are made, walked through, answered and resolved by the keyboard alone",
    "on a phone, comments are written and read in the panel",
  ],
  "name and colour per person, kept out of the log": [
    "a name and a colour are nowhere in the log",
    "a new name is seen beside edits that were made before",
  ],
};

const NOBODY_HAS = {
  "life of a sentence: who, when, every earlier wording, what was deleted, jump there": [
    "select a sentence to read who wrote each word and what was deleted, and go there",
    "put the caret into a sentence and read its life by keys alone, also in the past",
  ],
  "search the past: one box, now and deleted, when it lived, who removed it, all documents, offline": [
    "find a sentence that was deleted, and read it where it last stood",
    "search without a network by keys alone, and come to where the words stand now",
    "look for what never was",
  ],
  "since you were last here: what changed, as a replay or a grouped difference": [
    "come back, read who changed what, replay it, and put it away",
    "what one wrote oneself is no news",
  ],
  "selective undo of a person's, a session's or a paste's edits, with a preview, keeping later work": [
    "take back a wrong paste and keep what was written into it since",
    "take back all that one person did, by keys alone, and bring it back",
    "take back one session and keep the others",
  ],
  "live DVR: the past in one pane while the present goes on in the other": [
    "the present goes on beside the past, and can be written in",
    "the document goes on while the past is read",
  ],
  "save ledger: which edits are only here, ordered, seen by whom; export from there": [
    "click the save status to see which edits are only here, and later who holds them",
    "take a copy away from the ledger, by keys alone",
  ],
  "a warning before leaving with unsaved edits": ["leave a page whose edits nothing keeps, and be warned"],
};

const LIBRARY = {
  folders: ["a document is moved to a folder by keyboard alone, and others see it there", "a whole folder keeps its folders, by button and by drag"],
  sort: ["the library is sorted as one likes, and stays so"],
  filter: ["documents are made, listed, opened and searched by title"],
  recent: ["the library tells how much was written in each document, and which changed last"],
  "archive and bring back": [
    "a document is put away and brought back",
    "an archived document says so where it is open, and can be brought back there",
  ],
  "import of files and folders by drag": [
    "a person imports Markdown files, and is told which could not be",
    "a whole folder keeps its folders, by button and by drag",
  ],
  "export of one or all, with or without history": ["one document and all of them are taken out, and a history comes back whole"],
  "a card shows its activity line": ["the library tells how much was written in each document, and which changed last"],
  "rename": ["a document is renamed in its header and in the library, and others see it"],
  "a name without a title": ["a document that nobody gave a title is called by what its text begins with"],
  "event inspector: raw events, causes and parents as a graph, filter, replay from here, copy as JSON": [
    "read the raw events, filter them, copy one as JSON and replay from it",
    "walk through the events by keys alone and go to one",
  ],
};

const EVERYWHERE = {
  "phone layout with real touch targets": [
    "on a phone everything that is touched is as large as a finger",
    "the views keep to WCAG 2.2 AA on a phone",
    "on a phone the others' pictures are there",
  ],
  "installable: manifest, icons, offline shell": [
    "the app can be installed, with a name, icons and a page that opens without a network",
    "the app opens without a server, at every address of its own",
  ],
  "an update prompt that never mixes two builds": [
    "a newer version says that it is ready, and nothing changes until one says yes",
    "a new build waits until it is accepted, and the old stays while a page needs it",
    "a build of which a file is missing is not installed",
  ],
  "less motion for who wants it": [
    "who wants less motion sees none",
    "what somebody else writes fades in, unless one wants less motion",
  ],
  "high contrast": ["with colours of the system or more contrast, what is on is told by more than its colour"],
  "English strings in one place": ["every word that is shown stands in one place, ready to be translated"],
  "no violation of WCAG 2.2 AA on any view, light and dark": [
    "every view of a document, on a desk, keeps to WCAG 2.2 AA",
    "the library and what is not there keep to WCAG 2.2 AA",
    "the views keep to WCAG 2.2 AA on a phone",
  ],
  "large documents stay smooth": [
    "a document of a quarter of a million edits stays quick",
    "five megabytes written in a million edits open, are written in and travelled through",
  ],
  "loads fast, measured": ["a document of a quarter of a million edits stays quick"],
  "pictures of every view, and a moving one": ["pictures of every view, and a moving one of scrubbing"],
};

/** Who may do what. */
const SHARING = {
  "links with roles, and what each may do and see": [
    "a link to read shows every word as it is written, and takes none",
    "a link to comment lets people comment, and a link to the present shows no past",
  ],
  "taking back cuts off, and what is written after that stays as a draft": [
    "a link to read shows every word as it is written, and takes none",
    "edits made offline after a link was taken back stay with the person as a draft",
  ],
  "links to the whole library": ["a link to the library opens every document, and its holder makes more"],
  "by keys alone, and for who listens": ["what is said about links keeps to WCAG 2.2 AA, and is done by keys alone"],
  "nothing without a link": ["without a link nothing is shown, and the page says what to do"],
};

const ROOMS = {
  "a timeline": TIMELINE,
  writing: WRITING,
  together: TOGETHER,
  "what nobody has": NOBODY_HAS,
  "the library": LIBRARY,
  everywhere: EVERYWHERE,
  sharing: SHARING,
};

/** The stories of all files beside this one: name -> the file, and whether it is left out. */
async function stories() {
  const found = new Map();
  for (const file of await readdir(FOLDER)) {
    if (!file.endsWith(".test.mjs") || file === "checklist.test.mjs") continue;
    const source = await readFile(new URL(file, FOLDER), "utf8");
    const told = /^ *(story|test)(\.skip|\.todo)?\(\s*(["`])(.+?)\3,\s*(\{[^}]*\})?/gm;
    for (const [, , off, , name, options] of source.matchAll(told)) {
      assert.ok(!found.has(name), `two stories are called "${name}"`);
      found.set(name, { file, skipped: Boolean(off) || /skip|todo/.test(options ?? "") });
    }
  }
  return found;
}

const told = await stories();

test("there are stories to be found", () => assert.ok(told.size > 120, `${told.size} stories`));

for (const [room, rows] of Object.entries(ROOMS)) {
  for (const [row, names] of Object.entries(rows)) {
    test(`${room}: ${row}`, () => {
      assert.ok(names.length > 0, "a story shows it");
      for (const name of names) {
        const story = told.get(name);
        assert.ok(story, `no story is called "${name}"`);
        assert.ok(!story.skipped, `"${name}" in ${story.file} is skipped`);
      }
    });
  }
}
