//! The comments of one document's page: read off the timeline now and then, never at every
//! keystroke; drawn into the text; and which of them is chosen. What cards look like is `card`.

use std::collections::BTreeSet;
use std::time::Duration;

use leptos::html;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use palimpsest_core::{
    Anchor, Command, Comments, EventId, Follower, Passage, Revision, Side, Text, Thread,
};

use crate::aside::{Aside, Subject};
use crate::comments::bridge::{Sheet, Underline};
use crate::comments::mention;
use crate::desk::Desk;
use crate::editor::Tools;
use crate::panels::toast::Toasts;
use crate::timeline::Machine;
use crate::words::comments as words;
use crate::workspace::Workspace;

/// What happens elsewhere is read so much later, all of it at once.
const READ_AFTER: Duration = Duration::from_millis(300);
/// A text that is not shown yet is tried again after this.
const DRAW_AGAIN: Duration = Duration::from_millis(120);
/// A quotation shows so many scalars at most.
const QUOTE_SCALARS_MAX: usize = 160;

/// A comment that is being written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Draft {
    start: Anchor,
    end: Anchor,
    /// What it is about.
    pub(crate) quote: String,
}

/// Where cards are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Beside the text.
    Margin(Sheet),
    /// In the panel.
    Panel,
}

/// The comments of one page. Copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Talk {
    pub(super) desk: Desk,
    pub(super) machine: Machine,
    tools: Tools,
    aside: Aside,
    toasts: Toasts,
    workspace: Workspace,
    now: RwSignal<Vec<Thread>>,
    then: RwSignal<Vec<Thread>>,
    /// The thread that is being looked at.
    chosen: RwSignal<Option<EventId>>,
    /// The thread that somebody asked to answer in.
    answering: RwSignal<Option<EventId>>,
    draft: RwSignal<Option<Draft>>,
    /// A memo, since carets move all the time and names hardly ever change.
    names: Memo<BTreeSet<String>>,
    model: StoredValue<Follower<Comments>, LocalStorage>,
    waiting: StoredValue<Option<TimeoutHandle>>,
    /// The cards beside the text of now, and beside that of the past.
    pub(super) rails: [NodeRef<html::Ol>; 2],
}

impl Talk {
    /// The comments of a page, kept up to date until it is left. Call once.
    pub(crate) fn keep(desk: Desk, machine: Machine, tools: Tools, aside: Aside) -> Self {
        let talk = Self {
            desk,
            machine,
            tools,
            aside,
            toasts: expect_context(),
            workspace: expect_context(),
            now: RwSignal::default(),
            then: RwSignal::default(),
            chosen: RwSignal::default(),
            answering: RwSignal::default(),
            draft: RwSignal::default(),
            names: known_names(desk),
            model: StoredValue::new_local(Follower::new()),
            waiting: StoredValue::new(None),
            rails: [NodeRef::new(), NodeRef::new()],
        };
        let (past, history) = (desk.past(), desk.history());
        Effect::new(move |_| {
            history.track();
            machine.at().track();
            if past.get() {
                talk.read_soon();
            }
        });
        Effect::new(move |_| {
            talk.chosen.track();
            talk.read();
        });
        on_cleanup(move || {
            if let Some(Some(handle)) = talk.waiting.try_get_value() {
                handle.clear();
            }
        });
        talk
    }

    /// The sheet that is shown.
    pub(crate) fn sheet(self) -> Sheet {
        if self.machine.at().get().is_some() { Sheet::Then } else { Sheet::Now }
    }

    fn sheet_untracked(self) -> Sheet {
        untrack(move || self.sheet())
    }

    /// Whether the past is shown.
    pub(crate) fn machine_is_past(self) -> bool {
        self.machine.at().get().is_some()
    }

    /// The threads of a sheet.
    pub(crate) fn threads(self, sheet: Sheet) -> Signal<Vec<Thread>> {
        match sheet {
            Sheet::Now => self.now.into(),
            Sheet::Then => self.then.into(),
        }
    }

    /// The threads of the sheet that is shown.
    pub(crate) fn shown(self) -> Vec<Thread> {
        self.threads(self.sheet()).get()
    }

    /// How many threads are open now.
    pub(crate) fn open(self) -> usize {
        self.now.with(|all| all.iter().filter(|thread| thread.resolved.is_none()).count())
    }

    /// Whether there is anything to show beside the text, or somebody is about to say something.
    pub(crate) fn has_cards(self) -> bool {
        self.draft.with(Option::is_some)
            || self.now.with(|now| !now.is_empty())
            || self.then.with(|then| !then.is_empty())
    }

    /// The thread that is being looked at.
    pub(crate) fn chosen(self) -> Option<EventId> {
        self.chosen.get()
    }

    /// What is being written.
    pub(crate) fn draft(self) -> Option<Draft> {
        self.draft.get()
    }

    /// The thread in which a reply was asked for; asking is over once it was heard.
    pub(super) fn answering(self) -> RwSignal<Option<EventId>> {
        self.answering
    }

    /// Names of the people whom this document knows.
    pub(crate) fn names(self) -> BTreeSet<String> {
        self.names.get()
    }

    /// Whether a thread names who writes here.
    pub(crate) fn names_me(self, thread: &Thread) -> bool {
        let name = self.workspace.profile().with(|profile| profile.name.clone());
        let said = thread.comments.iter().filter_map(|comment| comment.text.as_deref());
        said.into_iter().any(|text| mention::names(text, &name))
    }

    /// Whether a comment is who writes here's own.
    pub(super) fn is_mine(self, author: palimpsest_core::AuthorId) -> bool {
        self.workspace.profile().with(|profile| profile.author == author)
    }

    /// What a thread's passage says where it stands, or said when it last stood.
    pub(crate) fn quote(self, sheet: Sheet, thread: &Thread) -> Option<String> {
        let at = self.machine.at().get_untracked().filter(|_| sheet == Sheet::Then);
        match thread.passage.as_ref()? {
            Passage::Here(range) => {
                let quote = |text: &Text| {
                    (range.end <= text.len()).then(|| shorten(&text.slice(range.clone())))
                };
                match at {
                    None => self.desk.with_document(|document| quote(document.text())),
                    Some(at) => self.desk.with_timeline(|timeline, _| quote(&timeline.text_at(at))),
                }
            }
            Passage::Gone { last, .. } => self.model.try_update_value(|model| {
                self.desk.with_timeline(|timeline, graph| {
                    let then = model.read(timeline, graph).then(timeline, graph, *last);
                    let mut threads = then.threads(graph).into_iter();
                    match threads.find(|other| other.id == thread.id)?.passage? {
                        Passage::Here(range) => {
                            Some(shorten(&timeline.text_at(*last).slice(range)))
                        }
                        Passage::Gone { .. } => None,
                    }
                })
            })?,
        }
    }

    // --- Reading and drawing ------------------------------------------------------------

    fn read_soon(self) {
        self.later(READ_AFTER, move || self.read());
    }

    /// One timer for all that is to be done: what asks while it runs is done with it.
    fn later(self, after: Duration, act: impl FnOnce() + 'static) {
        if self.waiting.try_with_value(Option::is_some) != Some(false) {
            return;
        }
        let due = move || {
            if self.waiting.try_set_value(None).is_none() {
                act();
            }
        };
        self.waiting.set_value(set_timeout_with_handle(due, after).ok());
    }

    /// Reads what happened since it was read last.
    pub(super) fn read(self) {
        if !self.desk.past().get_untracked() {
            return;
        }
        let at = self.machine.at().get_untracked();
        let read = self.model.try_update_value(|model| {
            self.desk.with_timeline(|timeline, graph| {
                let comments = model.read(timeline, graph);
                let then = at.map(|at| comments.then(timeline, graph, at).threads(graph));
                (comments.threads(graph), then.unwrap_or_default())
            })
        });
        let Some((now, then)) = read else { return };
        for (signal, threads) in [(self.now, now), (self.then, then)] {
            if signal.with_untracked(|known| *known != threads) {
                signal.set(threads);
            }
        }
        self.draw();
    }

    /// Underlines what was read just now.
    fn draw(self) {
        let sheet = self.sheet_untracked();
        let length = match self.machine.at().get_untracked() {
            None => self.desk.with_document(|document| document.text().clone()),
            Some(at) => self.desk.with_timeline(|timeline, _| timeline.text_at(at).into_rope()),
        };
        let chosen = self.chosen.get_untracked();
        let list: Vec<Underline> = self.threads(sheet).with_untracked(|threads| {
            threads.iter().filter_map(|thread| underline(thread, chosen, &length)).collect()
        });
        let rail = self.rails[usize::from(sheet == Sheet::Then)].get_untracked();
        let drawn = rail.is_some_and(|rail| sheet.draw(&rail, &list, length.utf16_len()));
        if !drawn && self.desk.past().get_untracked() {
            self.later(DRAW_AGAIN, move || self.read());
        }
        if sheet == Sheet::Now && drawn {
            let possible = !self.desk.archived().get_untracked();
            sheet.offer(if possible { words::COMMENT } else { "" });
        }
    }

    /// Whether there is room for cards beside the text.
    pub(crate) fn in_margin(self) -> bool {
        let rail = self.rails[usize::from(self.sheet_untracked() == Sheet::Then)].get_untracked();
        rail.is_some_and(|rail| rail.offset_width() > 0)
    }

    // --- Looking at one -----------------------------------------------------------------

    /// Looks at a thread: its passage and its card are brought into view.
    pub(crate) fn choose(self, id: EventId) {
        let sheet = self.sheet_untracked();
        let gone = self.threads(sheet).with_untracked(|all| {
            let thread = all.iter().find(|thread| thread.id == id);
            thread.is_none_or(|thread| {
                thread.resolved.is_some() || !matches!(thread.passage, Some(Passage::Here(_)))
            })
        });
        if gone || !self.in_margin() {
            self.aside.show(Subject::Comments);
        }
        self.chosen.set(Some(id));
        self.read();
        sheet.reveal(&id.to_string());
        sheet.lay();
    }

    /// The same, by the name that the underlined passage has.
    pub(super) fn choose_named(self, name: &str) {
        let all = self.threads(self.sheet_untracked());
        let found =
            all.with_untracked(|all| all.iter().map(|t| t.id).find(|id| id.to_string() == name));
        if let Some(id) = found {
            self.choose(id);
        }
    }

    /// Looks at none any more.
    pub(crate) fn leave(self) {
        self.chosen.set(None);
        self.answering.set(None);
        if self.sheet_untracked() == Sheet::Now {
            self.tools.focus();
        }
    }

    /// Looks at the next open thread, or the previous one.
    pub(super) fn step(self, forward: bool) {
        let chosen = self.chosen.get_untracked();
        let next = self.threads(self.sheet_untracked()).with_untracked(|all| {
            let fits = |thread: &&Thread| thread.resolved.is_none() || Some(thread.id) == chosen;
            let ids: Vec<EventId> = all.iter().filter(fits).map(|thread| thread.id).collect();
            let at = ids.iter().position(|id| Some(*id) == chosen);
            let next = match (at, forward) {
                (None, true) => 0,
                (None, false) => ids.len().checked_sub(1)?,
                (Some(at), true) => (at + 1) % ids.len(),
                (Some(at), false) => (at + ids.len() - 1) % ids.len(),
            };
            ids.get(next).copied()
        });
        if let Some(id) = next {
            self.choose(id);
        }
    }

    /// Asks for a field to answer in.
    pub(super) fn answer(self, id: EventId) {
        self.choose(id);
        self.answering.set(Some(id));
    }

    /// Goes to the moment when a passage that is gone stood last.
    pub(super) fn show_when(self, id: EventId, last: Revision) {
        self.chosen.set(Some(id));
        self.machine.open(Some(last));
        // The text of then is put into the page before that.
        set_timeout(
            move || {
                if self.chosen.try_get_untracked().is_some() {
                    self.read();
                    Sheet::Then.reveal(&id.to_string());
                }
            },
            DRAW_AGAIN,
        );
    }

    // --- Saying something ---------------------------------------------------------------

    /// Begins a comment on what is selected.
    pub(crate) fn begin(self) {
        if self.machine.at().get_untracked().is_some() {
            return;
        }
        // What is being typed has to be an event before its characters have names.
        self.desk.seal();
        let text = self.desk.with_document(|document| document.text().clone());
        let range = Sheet::Now.selection().and_then(|(from, to)| {
            Some((text.pos_of_utf16(from)?..text.pos_of_utf16(to)?, (from, to)))
        });
        let Some((range, utf16)) = range else { return self.toasts.say(words::SELECT_FIRST) };
        let ends = self.desk.with_timeline(|timeline, graph| {
            let last = timeline.last();
            let start = timeline.anchor(graph, last, range.start, Side::Front)?;
            Some((start, timeline.anchor(graph, last, range.end, Side::Back)?))
        });
        let Some((start, end)) = ends else { return self.toasts.say(words::SELECT_FIRST) };
        self.chosen.set(None);
        Sheet::Now.draft(Some(utf16));
        self.draft.set(Some(Draft { start, end, quote: shorten(&text.slice(range)) }));
        if !self.in_margin() {
            self.aside.show(Subject::Comments);
        }
    }

    /// Gives up what is being written.
    pub(super) fn give_up(self) {
        Sheet::Now.draft(None);
        self.draft.set(None);
        self.tools.focus();
    }

    /// Says what was written about the passage of the draft; `false` if that is refused.
    pub(super) fn finish(self, text: String) -> bool {
        let Some(Draft { start, end, .. }) = self.draft.get_untracked() else { return false };
        if !self.ask(Command::AddComment { start, end, text }) {
            return false;
        }
        let newest =
            self.now.with_untracked(|all| all.iter().max_by_key(|t| t.revision).map(|t| t.id));
        Sheet::Now.deselect();
        self.give_up();
        self.chosen.set(newest);
        true
    }

    /// Does something to a comment; says so if it is refused.
    pub(super) fn ask(self, command: Command) -> bool {
        match self.desk.dispatch(command) {
            Ok(()) => {
                self.read();
                true
            }
            Err(refused) => {
                self.toasts.say(refused.to_string());
                false
            }
        }
    }

    /// Settles a thread, or takes it up again.
    pub(super) fn settle(self, id: EventId) {
        let resolved = self.now.with_untracked(|all| {
            all.iter()
                .find(|thread| thread.id == id)
                .is_some_and(|thread| thread.resolved.is_some())
        });
        let command = match resolved {
            true => Command::ReopenComment { thread: id },
            false => Command::ResolveComment { thread: id },
        };
        if self.ask(command) && !resolved && self.in_margin() {
            self.leave();
        }
    }
}

/// Names of those who wrote in a document or have it open.
fn known_names(desk: Desk) -> Memo<BTreeSet<String>> {
    let (past, people, history) = (desk.past(), desk.people(), desk.history());
    let profile = expect_context::<Workspace>().profile();
    // Who wrote is asked again when the server ordered something.
    let ordered = Memo::new(move |_| history.get().0);
    Memo::new(move |_| {
        past.track();
        ordered.track();
        let authors = desk.with_timeline(|timeline, _| timeline.authors().to_vec());
        let here = people.with(|people| people.iter().map(|one| one.author).collect::<Vec<_>>());
        let own = profile.with(|profile| profile.author);
        let all = authors.into_iter().chain(here).chain([own]);
        all.map(|author| desk.name_of(author)).collect()
    })
}

/// How a thread's passage is underlined; settled ones only while they are looked at.
fn underline(thread: &Thread, chosen: Option<EventId>, text: &Text) -> Option<Underline> {
    let Some(Passage::Here(range)) = &thread.passage else { return None };
    if range.end > text.len() {
        return None;
    }
    let kind = match (chosen == Some(thread.id), thread.resolved) {
        (true, _) => "chosen",
        (false, None) => "open",
        (false, Some(_)) => return None,
    };
    let (from, to) = (text.utf16_of(range.start), text.utf16_of(range.end));
    Some(Underline { id: thread.id.to_string(), from, to, kind })
}

/// The beginning of a quotation, on one line.
fn shorten(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = words.char_indices().nth(QUOTE_SCALARS_MAX) {
        words.truncate(at);
        words.push('…');
    }
    words
}
