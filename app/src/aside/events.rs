//! The event inspector: the raw events of the log, how they hang together, what each says, and
//! the way to the moment of each. Only the rows in view are in the page.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use palimpsest_core::{AuthorId, Graph, Moment, Ordered, Payload, Revision, Timeline, codec};
use wasm_bindgen_futures::spawn_local;

use crate::aside::lanes::{self, Row};
use crate::clock;
use crate::faces::{colour_class, colour_of};
use crate::insight::Insight;
use crate::panels::share;
use crate::panels::toast::Toasts;
use crate::when;
use crate::words::insight as words;

/// How high a row is, in CSS pixels; the style sheet says the same. A browser draws nothing that
/// is higher than 33 million of them, so that a million events must fit.
pub(super) const ROW_PX: f64 = 30.0;
/// How many rows are drawn beyond what is in view, on each side.
const BEYOND: usize = 12;
/// How many events a filter looks at before the page gets its turn.
const SLICE_EVENTS: u64 = 4_000;

/// Which events are listed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct Filter {
    kind: String,
    author: Option<AuthorId>,
    words: String,
}

impl Filter {
    fn is_all(&self) -> bool {
        *self == Self::default()
    }

    fn takes(&self, moment: &Moment, graph: &Graph) -> bool {
        (self.kind.is_empty() || kind_of(moment) == self.kind)
            && self.author.is_none_or(|author| author == moment.author)
            && (self.words.is_empty() || contains(graph, moment, &self.words))
    }
}

/// Its kind as one chooses it: a text event by why it came about.
fn kind_of(moment: &Moment) -> &str {
    let intent = words::intent(moment.intent);
    if moment.kind == "TextEdited" && !intent.is_empty() {
        intent
    } else {
        words::kind(moment.kind)
    }
}

fn contains(graph: &Graph, moment: &Moment, sought: &str) -> bool {
    let Some(lv) = graph.lv_of(moment.event) else { return false };
    said(&graph.event(lv).payload).to_lowercase().contains(sought)
}

/// What an event says, in one line.
fn said(payload: &Payload) -> String {
    match payload {
        Payload::TextEdited { ops } => {
            let mut said = String::new();
            for op in ops {
                if !said.is_empty() {
                    said.push_str("  ");
                }
                match op {
                    palimpsest_core::Op::Insert { text, .. } => {
                        said.push('+');
                        said.extend(text.chars().take(200));
                    }
                    palimpsest_core::Op::Delete { len, .. }
                    | palimpsest_core::Op::ErasedInsert { len, .. } => {
                        said.push_str(&format!("−{len}"));
                    }
                }
            }
            said
        }
        Payload::DocumentCreated { title } | Payload::TitleChanged { title } => title.clone(),
        Payload::FolderChanged { folder: text }
        | Payload::VersionNamed { name: text, .. }
        | Payload::CommentAdded { text, .. }
        | Payload::CommentEdited { text, .. }
        | Payload::CommentReplied { text, .. } => text.clone(),
        Payload::DocumentArchived
        | Payload::DocumentRestored
        | Payload::CommentResolved { .. }
        | Payload::CommentReopened { .. }
        | Payload::CommentDeleted { .. }
        | Payload::Unknown { .. } => String::new(),
    }
}

#[component]
pub(crate) fn EventsPanel(insight: Insight) -> impl IntoView {
    let desk = insight.desk;
    let history = desk.history();
    let filter = RwSignal::new(Filter::default());
    // The revisions that are listed; `None` is all of them.
    let listed = RwSignal::new(None::<Vec<u32>>);
    let chosen = RwSignal::new(insight.machine.standing());
    let (top, height) = (RwSignal::new(0.0), RwSignal::new(600.0));
    let frame = NodeRef::<html::Div>::new();
    let all = Memo::new(move |_| usize::try_from(history.get().1.0).unwrap_or(usize::MAX));
    let count = Memo::new(move |_| {
        listed.with(|listed| listed.as_ref().map_or_else(|| all.get(), Vec::len))
    });
    let revision_at = move |row: usize| {
        listed.with_untracked(|listed| match listed {
            Some(listed) => listed.get(row).map(|&one| Revision(u64::from(one))),
            None => (row < all.get_untracked()).then(|| Revision(row as u64 + 1)),
        })
    };
    let row_of = move |revision: Revision| {
        listed.with_untracked(|listed| match listed {
            Some(listed) => listed
                .partition_point(|&one| u64::from(one) < revision.0)
                .min(listed.len().saturating_sub(1)),
            None => (revision.0 as usize).saturating_sub(1),
        })
    };
    let show = move |row: usize| {
        let Some(frame) = frame.get_untracked() else { return };
        let (start, view) = (row as f64 * ROW_PX, f64::from(frame.client_height()));
        let scrolled = f64::from(frame.scroll_top());
        if start < scrolled || start + ROW_PX > scrolled + view {
            frame.set_scroll_top((start - view / 2.0).max(0.0) as i32);
        }
    };
    let look = move || {
        if let Some(frame) = frame.get_untracked() {
            top.set(f64::from(frame.scroll_top()));
            height.set(f64::from(frame.client_height()));
        }
    };
    Effect::new(move |_| {
        if frame.get().is_some() {
            clock::on_next_frame(move || {
                if let Some(revision) = chosen.try_get_untracked() {
                    show(row_of(revision));
                    look();
                }
            });
        }
    });

    // A filter that another one has followed ends.
    let nth = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let filter = filter.get();
        let last = history.get().1;
        let current = nth.try_update_value(|nth| {
            *nth += 1;
            *nth
        });
        if filter.is_all() {
            return listed.set(None);
        }
        spawn_local(async move {
            let mut found = Vec::new();
            let mut next = 1;
            while next <= last.0 {
                if nth.try_get_value() != current {
                    return;
                }
                let end = (next + SLICE_EVENTS).min(last.0 + 1);
                desk.with_timeline(|timeline, graph| {
                    for revision in next..end {
                        let moment = timeline.moment(graph, Revision(revision));
                        if moment.is_some_and(|moment| filter.takes(&moment, graph)) {
                            found.push(revision as u32);
                        }
                    }
                });
                next = end;
                clock::breathe().await;
            }
            if nth.try_get_value() == current {
                listed.set(Some(found));
                clock::on_next_frame(look);
            }
        });
    });

    let go_to_row = move |row: usize| {
        let row = row.min(count.get_untracked().saturating_sub(1));
        if let Some(revision) = revision_at(row) {
            chosen.set(revision);
            show(row);
        }
    };
    let keys = move |event: KeyboardEvent| {
        let here = row_of(chosen.get_untracked());
        let page = (height.get_untracked() / ROW_PX) as usize;
        match event.key().as_str() {
            "ArrowDown" => go_to_row(here + 1),
            "ArrowUp" => go_to_row(here.saturating_sub(1)),
            "PageDown" => go_to_row(here + page),
            "PageUp" => go_to_row(here.saturating_sub(page)),
            "Home" => go_to_row(0),
            "End" => go_to_row(usize::MAX),
            "Enter" => insight.go(chosen.get_untracked(), None),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };

    let rows = Memo::new(move |_| {
        history.track();
        let first = ((top.get() / ROW_PX) as usize).saturating_sub(BEYOND);
        let shown = (height.get() / ROW_PX) as usize + 2 * BEYOND;
        let last = (first + shown).min(count.get());
        listed.track();
        desk.with_timeline(|timeline, graph| {
            (first..last)
                .filter_map(|row| Some((row, entry(timeline, graph, revision_at(row)?)?)))
                .collect::<Vec<_>>()
        })
    });
    let profiles = desk.profiles();
    let colour = move |author| profiles.with(|known| colour_of(known, author));
    let drawn = move || {
        let rows = rows.get();
        let graph: Vec<Row> = rows.iter().map(|(nth, entry)| entry.row(*nth)).collect();
        lanes::draw(&graph, rows.first().map_or(0, |(nth, _)| *nth), move |replica| {
            rows.iter()
                .find(|(_, one)| one.moment.event.replica.0 == replica)
                .map_or(0, |(_, one)| colour(one.moment.author))
        })
    };
    let list = move || {
        rows.get()
            .into_iter()
            .map(|(nth, entry)| {
                let revision = entry.moment.revision;
                let selected = move || chosen.get() == revision;
                let kind = kind_of(&entry.moment).to_owned();
                let author = entry.moment.author;
                view! {
                    <div
                        class="row"
                        role="option"
                        id=format!("event-{}", revision.0)
                        aria-selected=move || selected().to_string()
                        aria-setsize=move || count.get().to_string()
                        aria-posinset=(nth + 1).to_string()
                        style:transform=format!("translateY({}px)", nth as f64 * ROW_PX)
                        on:click=move |_| chosen.set(revision)
                        on:dblclick=move |_| insight.go(revision, None)
                    >
                        <span class="nth">{crate::words::number(revision.0)}</span>
                        <span class=move || format!("whose {}", colour_class(colour(author)))>
                            {desk.name_of(author)}
                        </span>
                        <span class="kind">{kind}</span>
                        <span class="saying">{entry.said}</span>
                        <time>{when::brief(entry.moment.time)}</time>
                    </div>
                }
            })
            .collect_view()
    };
    let authors = move || {
        history.track();
        desk.with_timeline(|timeline, _| timeline.authors().to_vec())
            .into_iter()
            .map(
                |author| view! { <option value=author.to_string()>{desk.name_of(author)}</option> },
            )
            .collect_view()
    };
    let choose_author = move |event| {
        let wanted = event_target_value(&event);
        let known = desk.with_timeline(|timeline, _| timeline.authors().to_vec());
        let author = known.into_iter().find(|author| author.to_string() == wanted);
        filter.update(|filter| filter.author = author);
    };
    view! {
        <div class="events">
            <div class="filter">
                <select
                    aria-label=words::KIND
                    on:change=move |event| {
                        filter.update(|filter| filter.kind = event_target_value(&event));
                    }
                >
                    <option value="">{words::ALL_KINDS}</option>
                    {words::KINDS.map(|kind| view! { <option value=kind>{kind}</option> }).collect_view()}
                </select>
                <select aria-label=words::AUTHOR on:change=choose_author>
                    <option value="">{words::ALL_AUTHORS}</option>
                    {authors}
                </select>
                <input
                    class="field"
                    type="search"
                    aria-label=words::CONTAINS
                    placeholder=words::CONTAINS
                    on:input=move |event| {
                        let words = event_target_value(&event).to_lowercase();
                        filter.update(|filter| filter.words = words);
                    }
                />
                <small role="status">{move || words::events_shown(count.get(), all.get())}</small>
            </div>
            <div
                class="rows"
                node_ref=frame
                tabindex="0"
                role="listbox"
                aria-label=words::EVENTS_LIST
                aria-activedescendant=move || format!("event-{}", chosen.get().0)
                on:scroll=move |_| look()
                on:keydown=keys
            >
                <div class="all" style:height=move || format!("{}px", count.get() as f64 * ROW_PX)>
                    {drawn}
                    {list}
                </div>
            </div>
            {move || (count.get() == 0).then(|| view! { <p class="none">{words::NO_EVENTS}</p> })}
            <Details insight=insight chosen=chosen />
        </div>
    }
}

/// An event as a row shows it.
#[derive(Clone, PartialEq, Debug)]
struct Entry {
    moment: Moment,
    said: String,
    /// The revisions and replicas of what it was made on.
    parents: Vec<(Revision, u64)>,
}

impl Entry {
    fn row(&self, nth: usize) -> Row {
        Row {
            nth,
            revision: self.moment.revision.0,
            replica: self.moment.event.replica.0,
            parents: self
                .parents
                .iter()
                .map(|&(revision, replica)| (revision.0, replica))
                .collect(),
        }
    }
}

fn entry(timeline: &Timeline, graph: &Graph, revision: Revision) -> Option<Entry> {
    let moment = timeline.moment(graph, revision)?;
    let lv = graph.lv_of(moment.event)?;
    let parents = graph.parents(lv);
    let parents = parents.iter().filter_map(|&parent| {
        let id = graph.id_of(parent);
        Some((timeline.revision_of(graph, id)?, id.replica.0))
    });
    let said = said(&graph.event(lv).payload);
    let said: String = said.chars().take(80).map(|c| if c == '\n' { '⏎' } else { c }).collect();
    Some(Entry { parents: parents.collect(), said, moment })
}

/// The chosen event: what led to it, all of it as JSON, and what one can do from there.
#[component]
fn Details(insight: Insight, chosen: RwSignal<Revision>) -> impl IntoView {
    let desk = insight.desk;
    let toasts = expect_context::<Toasts>();
    let found = Memo::new(move |_| {
        desk.history().track();
        let revision = chosen.get();
        desk.with_timeline(|timeline, graph| {
            let entry = entry(timeline, graph, revision)?;
            let event = graph.event(graph.lv_of(entry.moment.event)?);
            let cause = event.header.causation.and_then(|id| timeline.revision_of(graph, id));
            let ordered = Ordered { revision, recorded: entry.moment.recorded, event };
            let json = codec::json::ordered_to_cloud_event(desk.id(), &ordered);
            let json = serde_json::to_string_pretty(&json).unwrap_or_default();
            Some((entry, cause, json))
        })
    });
    let replay = move |_| {
        insight.uncover();
        insight.machine.open(Some(chosen.get_untracked()));
        insight.machine.toggle();
    };
    let back = move |_| {
        let revision = chosen.get_untracked();
        let label = format!("{} {}", words::EDIT, crate::words::number(revision.0));
        insight.think_of_taking_back(label, vec![revision..Revision(revision.0 + 1)]);
    };
    move || {
        found.get().map(|(entry, cause, json)| {
            let link = move |revision: Revision| {
                view! {
                    <button type="button" class="quiet" on:click=move |_| chosen.set(revision)>
                        {crate::words::number(revision.0)}
                    </button>
                }
            };
            let parents = entry.parents.iter().map(|&(revision, _)| link(revision)).collect_view();
            let copied = json.clone();
            let number = crate::words::number(entry.moment.revision.0);
            let name = format!("{} {number}", words::EDIT);
            view! {
                <section class="details" aria-label=name>
                    <p class="ends">
                        <button type="button" on:click=move |_| insight.go(chosen.get_untracked(), None)>
                            {words::GO_THERE}
                        </button>
                        <button type="button" on:click=replay>{words::REPLAY_FROM_HERE}</button>
                        <button
                            type="button"
                            on:click=move |_| share::copy(copied.clone(), toasts, words::JSON_COPIED)
                        >
                            {words::COPY_JSON}
                        </button>
                        <button type="button" on:click=back>{words::TAKE_BACK}</button>
                    </p>
                    <p class="causes">
                        <span>{words::PARENTS} {parents}</span>
                        {cause.map(|cause| view! { <span>{words::CAUSE} {link(cause)}</span> })}
                    </p>
                    <pre tabindex="0">{json}</pre>
                </section>
            }
        })
    }
}
