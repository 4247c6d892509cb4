//! Since you were last here: a reader's place in each document's log, kept on this device, and
//! what others have done behind it.

use std::time::Duration;

use leptos::ev;
use leptos::prelude::*;
use palimpsest_core::{AuthorId, DocumentId, Revision, Timestamp};

use crate::aside::Subject;
use crate::clock;
use crate::desk::Desk;
use crate::insight::Insight;
use crate::when;
use crate::words::insight as words;
use crate::workspace::Workspace;

/// Who reads for that long has seen what there is.
const READ_AFTER: Duration = Duration::from_secs(8);
/// How long a replay takes, in milliseconds, and at least per edit.
const REPLAY_MILLIS: f64 = 10_000.0;
const EDIT_MILLIS_MAX: f64 = 900.0;

/// What others did since a reader was here last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct News {
    /// The last revision that the reader has seen, and when.
    pub(crate) from: Revision,
    pub(crate) when: Timestamp,
    /// The last revision there was when the document was opened.
    pub(crate) to: Revision,
    pub(crate) edits: u64,
    pub(crate) authors: Vec<AuthorId>,
}

/// The news of one document's page. A context of it; copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Since {
    pub(crate) news: RwSignal<Option<News>>,
    dismissed: RwSignal<bool>,
}

fn key(id: DocumentId) -> String {
    format!("palimpsest.seen.{id}")
}

fn read(id: DocumentId) -> Option<(Revision, Timestamp)> {
    let kept = window().local_storage().ok()??.get_item(&key(id)).ok()??;
    let (revision, time) = kept.split_once(' ')?;
    Some((Revision(revision.parse().ok()?), Timestamp(time.parse().ok()?)))
}

fn keep(id: DocumentId, revision: Revision) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    // Where nothing can be kept, everything stays new.
    let _ = storage.set_item(&key(id), &format!("{} {}", revision.0, clock::now().0));
}

impl Since {
    /// Follows a document for the life of its page. Call inside the page's component.
    pub(crate) fn follow(desk: Desk) -> Self {
        let since = Self { news: RwSignal::new(None), dismissed: RwSignal::new(false) };
        let (past, status, history) = (desk.past(), desk.status(), desk.history());
        let own = expect_context::<Workspace>().profile();
        let id = desk.id();
        let asked = StoredValue::new(false);
        let seen = move || {
            let shown = document().visibility_state() == web_sys::VisibilityState::Visible;
            if let Some((head, _)) = history.try_get_untracked()
                && past.try_get_untracked() == Some(true)
                && asked.try_get_value() == Some(true)
                && shown
            {
                keep(id, head);
            }
        };
        Effect::new(move |_| {
            let settled = status.with(|status| status.caught_up || !status.connected);
            if !past.get() || asked.get_value() {
                return;
            }
            // What the server still tells belongs to what is new; if it does not tell, what is
            // here has to do.
            let look = move || {
                if asked.try_get_value() != Some(false) {
                    return;
                }
                asked.set_value(true);
                since.news.set(find(desk, own.with_untracked(|own| own.author)));
                set_timeout(seen, READ_AFTER);
            };
            if settled && status.with(|status| status.connected) {
                look();
            } else {
                set_timeout(look, Duration::from_millis(2_500));
            }
        });
        let hidden = window_event_listener(ev::pagehide, move |_| seen());
        on_cleanup(move || {
            hidden.remove();
            seen();
        });
        since
    }
}

fn find(desk: Desk, own: AuthorId) -> Option<News> {
    let (from, when) = read(desk.id())?;
    desk.with_timeline(|timeline, graph| {
        let to = timeline.head();
        if from >= to {
            return None;
        }
        let (mut edits, mut authors) = (0, Vec::new());
        let new = Revision(from.0 + 1)..Revision(to.0 + 1);
        for (revisions, author) in timeline.author_stretches(graph, new) {
            if author != own {
                edits += revisions.end.0 - revisions.start.0;
                if !authors.contains(&author) {
                    authors.push(author);
                }
            }
        }
        (edits > 0).then_some(News { from, when, to, edits, authors })
    })
}

/// Plays a stretch of the past in about ten seconds, and comes back to now. Whoever moves time
/// meanwhile takes over.
pub(crate) fn replay(insight: Insight, from: Revision, to: Revision) {
    let edits = to.0.saturating_sub(from.0).max(1) as f64;
    let millis = REPLAY_MILLIS.min(edits * EDIT_MILLIS_MAX);
    insight.uncover();
    insight.machine.open(Some(from.max(Revision(1))));
    let first = insight.machine.at().get_untracked();
    play_on(insight, from, edits, millis, clock::elapsed(), first);
}

fn play_on(
    insight: Insight,
    from: Revision,
    edits: f64,
    millis: f64,
    began: f64,
    shown: Option<Revision>,
) {
    clock::on_next_frame(move || {
        let machine = insight.machine;
        let Some(at) = machine.at().try_get_untracked() else { return };
        if at != shown || machine.playing().get_untracked() {
            return;
        }
        let part = (clock::elapsed() - began) / millis;
        if part >= 1.0 {
            return machine.back_to_now();
        }
        let next = Revision(from.0 + (part * edits) as u64).max(Revision(1));
        if Some(next) != shown {
            machine.open(Some(next));
        }
        play_on(insight, from, edits, millis, began, machine.at().get_untracked());
    });
}

/// What is new, in one line over the text.
#[component]
pub(crate) fn SinceBanner(insight: Insight, since: Since) -> impl IntoView {
    let desk = insight.desk;
    let now = move || insight.machine.at().get().is_none();
    let shown = Memo::new(move |_| since.news.get().filter(|_| !since.dismissed.get() && now()));
    move || {
        let news = shown.get()?;
        let names: Vec<String> = news.authors.iter().map(|&author| desk.name_of(author)).collect();
        let said = words::since(news.edits, &names, &when::ago(news.when));
        let (from, to) = (news.from, news.to);
        Some(view! {
            <div class="notice since" role="region" aria-label=words::SINCE_TITLE>
                <p>{said}</p>
                <button type="button" on:click=move |_| replay(insight, from, to)>
                    {words::SINCE_REPLAY}
                </button>
                <button type="button" on:click=move |_| insight.aside.show(Subject::Since)>
                    {words::SINCE_SHOW}
                </button>
                <button
                    class="quiet"
                    type="button"
                    on:click=move |_| {
                        since.dismissed.set(true);
                        insight.tools.focus();
                    }
                >
                    {words::DISMISS}
                </button>
            </div>
        })
    }
}
