//! The words of writing: what can be done to the text, the menus beside the caret, find and
//! replace, the palette, the sheet of keys, the count of words.

use super::{counted, number};

// The headings of the sheet of keys and of the palette.
pub(crate) const GROUP_DOCUMENT: &str = "The document";
pub(crate) const GROUP_WORDS: &str = "Words";
pub(crate) const GROUP_LINES: &str = "Lines";
pub(crate) const GROUP_INSERT: &str = "Insert";
pub(crate) const GROUP_EVERYWHERE: &str = "Everywhere";
pub(crate) const GROUP_TIMELINE: &str = "On the timeline";
pub(crate) const GROUP_TABLE: &str = "In lists and tables";
pub(crate) const RECENT: &str = "Recent";
pub(crate) const ACTIONS: &str = "Actions";
pub(crate) const HEADINGS: &str = "Headings";
pub(crate) const SEARCH: &str = "Search";

pub(crate) const PALETTE_HINT: &str = "Go to a document or heading, or do something";
pub(crate) const PALETTE_NOTHING: &str = "Nothing has these words.";
pub(crate) const PALETTE: &str = "Go to or do anything";
pub(crate) const FIND_AND_REPLACE: &str = "Find and replace";
pub(crate) const FOCUS_MODE: &str = "Focus mode";
pub(crate) const LEAVE_FOCUS: &str = "Leave focus mode";
pub(crate) const WORD_COUNT: &str = "Count of words";
pub(crate) const WORDS: &str = "Words";
pub(crate) const CHARACTERS: &str = "Characters";
pub(crate) const LINES: &str = "Lines";
pub(crate) const READING_TIME: &str = "Reading time";
pub(crate) const SELECTED: &str = "Selected";

/// Formatting: the bridge's name of it, what it is called, its keys.
pub(crate) const ON_WORDS: [(&str, &str, &str); 6] = [
    ("bold", "Bold", "Ctrl B"),
    ("italic", "Italic", "Ctrl I"),
    ("code", "Code", "Ctrl E"),
    ("strike", "Strike through", "Ctrl Shift X"),
    ("link", "Link", "Ctrl Shift L"),
    ("follow", "Open the link or note at the caret", "Alt Enter"),
];

/// What lines can be.
pub(crate) const HEADING_LEVELS: [(&str, &str, &str); 7] = [
    ("heading1", "Heading 1", "Ctrl Alt 1"),
    ("heading2", "Heading 2", "Ctrl Alt 2"),
    ("heading3", "Heading 3", "Ctrl Alt 3"),
    ("heading4", "Heading 4", "Ctrl Alt 4"),
    ("heading5", "Heading 5", "Ctrl Alt 5"),
    ("heading6", "Heading 6", "Ctrl Alt 6"),
    ("text", "Plain text", "Ctrl Alt 0"),
];

/// What is done to whole lines.
pub(crate) const ON_LINES: [(&str, &str, &str); 10] = [
    ("bullets", "Bulleted list", "Ctrl Shift 8"),
    ("numbers", "Numbered list", "Ctrl Shift 7"),
    ("tasks", "Task list", "Ctrl Shift 9"),
    ("tick", "Tick the task", "Ctrl Enter"),
    ("quote", "Quotation", "Ctrl Shift ."),
    ("fence", "Code block", ""),
    ("lineUp", "Move the line up", "Alt ↑"),
    ("lineDown", "Move the line down", "Alt ↓"),
    ("indent", "Indent", "Ctrl ]"),
    ("outdent", "Outdent", "Ctrl ["),
];

/// What is put in.
pub(crate) const INSERTED: [(&str, &str, &str); 5] = [
    ("table", "Table", ""),
    ("rule", "Rule", ""),
    ("picture", "Picture", ""),
    ("footnote", "Footnote", ""),
    ("date", "Today’s date", ""),
];

/// The slash menu: the bridge's name, what it is called, other words that find it, and how one
/// would write it.
pub(crate) const SLASH: [(&str, &str, &str, &str); 15] = [
    ("heading1", "Heading 1", "title h1", "#"),
    ("heading2", "Heading 2", "section h2", "##"),
    ("heading3", "Heading 3", "h3", "###"),
    ("bullets", "Bulleted list", "unordered points", "-"),
    ("numbers", "Numbered list", "ordered", "1."),
    ("tasks", "Task list", "todo checkbox check", "- [ ]"),
    ("quote", "Quotation", "block quote", ">"),
    ("fence", "Code block", "fence program", "```"),
    ("table", "Table", "grid columns", "| |"),
    ("rule", "Rule", "line divider horizontal", "---"),
    ("picture", "Picture", "image photo", "![]()"),
    ("link", "Link", "url address", "[]()"),
    ("footnote", "Footnote", "note reference", "[^1]"),
    ("date", "Today’s date", "day now", ""),
    ("text", "Plain text", "paragraph normal", ""),
];

/// What the bridge says, by the key it knows.
pub(crate) const BRIDGE: [(&str, &str); 32] = [
    ("picture", "Picture"),
    ("loadPicture", "Show"),
    ("badAddress", "an address that cannot be opened"),
    ("noPicture", "the picture could not be fetched"),
    ("task", "Task"),
    ("openHint", "Ctrl and click to open"),
    ("slashMenu", "Insert"),
    ("link", "Link"),
    ("footnote", "Footnote"),
    ("goToReference", "Go to where it is used"),
    ("goToNote", "Go to the note"),
    ("noNote", "This note is not written yet"),
    ("noAddress", "No address yet"),
    ("open", "Open"),
    ("copy", "Copy"),
    ("edit", "Edit"),
    ("findAndReplace", FIND_AND_REPLACE),
    ("find", "Find"),
    ("replace", "Replace with"),
    ("matchCase", "Match case"),
    ("wholeWord", "Whole words"),
    ("regexp", "Regular expression"),
    ("previous", "Previous place"),
    ("next", "Next place"),
    ("closeFind", "Close"),
    ("replaceOne", "Replace"),
    ("replaceAll", "Replace all"),
    ("badRegexp", "not an expression"),
    ("notFound", "not found"),
    ("of", "of"),
    ("place", "place"),
    ("places", "places"),
];

/// Keys that belong to the timeline while it has the focus.
pub(crate) const TIMELINE_KEYS: [(&str, &str); 12] = [
    ("← →", "One edit"),
    ("Shift ← →", "Ten edits"),
    ("Page Up, Page Down", "Where a session begins"),
    ("↑ ↓", "Where another author begins"),
    ("[ ]", "A mark or a named version"),
    ("+ − 0", "Closer, farther, the whole of it"),
    ("Home, End", "The first edit, now"),
    ("Space", "Play, pause"),
    ("C", "Compare with now"),
    ("F7, Shift F7", "While comparing: the next change, the one before"),
    ("Ctrl Enter", "In the past: copy what is selected into now"),
    ("Esc", "Back to now"),
];

/// Keys that mean something else in some places.
pub(crate) const TABLE_KEYS: [(&str, &str); 4] = [
    ("Tab", "A list: one level in. A table: the next cell"),
    ("Shift Tab", "One level out, the cell before"),
    ("Enter", "The next item; in an empty one, the list ends"),
    ("/", "At the start of a line or behind a space: insert"),
];

/// Keys that work everywhere and are no actions.
pub(crate) const OTHER_KEYS: [(&str, &str); 2] =
    [("Ctrl Shift V", "Paste without formatting"), ("F3", "The next place that is found")];

/// "Search everything for “deploys”".
pub(crate) fn search_everything(wanted: &str) -> String {
    format!("Search everything for “{wanted}”")
}

/// "1,234 words".
pub(crate) fn words(n: usize) -> String {
    counted(n as u64, "word", "words")
}

/// "12 of 1,234 words".
pub(crate) fn words_of(selected: usize, all: usize) -> String {
    format!("{} of {}", number(selected as u64), words(all))
}

/// "under a minute", "5 min", "2 h 10 min".
pub(crate) fn reading_time(seconds: usize) -> String {
    match (seconds + 30) / 60 {
        0 => "under a minute".to_owned(),
        minutes if minutes < 60 => format!("{minutes} min"),
        minutes => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}
