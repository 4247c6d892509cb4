//! What others did since the reader was here last: who and when, and what reads differently.

use leptos::prelude::*;
use palimpsest_core::{
    AuthorId, Grain, Graph, ReadModel, Revision, Sittings, Timeline, Timestamp, diff_by,
};

use crate::faces::{Avatar, colour_of};
use crate::insight::{Hunk, Hunks, Insight, News, Since, hunks_of, replay};
use crate::when;
use crate::words::insight as words;

/// What one person did in one sitting.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Stint {
    author: AuthorId,
    to: Revision,
    start: Timestamp,
    edits: u64,
    characters: usize,
}

/// What others did since, sitting by sitting.
fn stints(timeline: &Timeline, graph: &Graph, news: &News) -> Vec<Stint> {
    let sittings = Sittings::at(timeline, graph, news.to);
    let mut stints = Vec::new();
    for sitting in sittings.all().iter().filter(|sitting| sitting.to > news.from) {
        let from = sitting.from.max(Revision(news.from.0 + 1));
        let Some(bucket) = timeline.activity_in(graph, from..sitting.to, 1).pop() else { continue };
        let first = stints.len();
        for (revisions, author) in timeline.author_stretches(graph, from..sitting.to) {
            if !news.authors.contains(&author) {
                continue;
            }
            let edits = revisions.end.0 - revisions.start.0;
            let to = Revision(revisions.end.0 - 1);
            match stints[first..].iter_mut().find(|one: &&mut Stint| one.author == author) {
                Some(stint) => (stint.to, stint.edits) = (to, stint.edits + edits),
                None => {
                    let own = bucket.by_author.iter().find(|(known, _)| *known == author);
                    let characters = own.map_or(0, |&(_, count)| count);
                    let moment = timeline.moment(graph, revisions.start);
                    let start = moment.map_or(sitting.start, |moment| moment.time);
                    stints.push(Stint { author, to, start, edits, characters });
                }
            }
        }
    }
    stints
}

#[component]
pub(crate) fn SincePanel(insight: Insight) -> impl IntoView {
    let since = expect_context::<Since>();
    move || match since.news.get() {
        None => view! { <p class="none">{words::SINCE_NOTHING}</p> }.into_any(),
        Some(news) => {
            let (stints, hunks) = insight.desk.with_timeline(|timeline, graph| {
                let stints = stints(timeline, graph, &news);
                let before = timeline.text_at(news.from).into_rope();
                let patch = diff_by(
                    &before.to_string(),
                    &timeline.text_at(news.to).to_string(),
                    Grain::Phrases,
                );
                (stints, hunks_of(&before, patch.edits()))
            });
            let (from, to) = (news.from, news.to);
            let go = move |hunk: Hunk| insight.go(to, Some(hunk.after));
            let same = hunks.is_empty();
            view! {
                <div class="told">
                    <p>
                        <button type="button" on:click=move |_| replay(insight, from, to)>
                            {words::SINCE_REPLAY}
                        </button>
                    </p>
                    <h3>{words::SINCE_WHO}</h3>
                    <ul class="deeds">
                        {stints
                            .into_iter()
                            .map(|stint| view! { <StintView insight=insight stint=stint /> })
                            .collect_view()}
                    </ul>
                    <h3>{words::SINCE_WHAT}</h3>
                    {same.then(|| view! { <p class="none">{words::SINCE_SAME}</p> })}
                    <Hunks hunks=hunks go=go />
                </div>
            }
            .into_any()
        }
    }
}

#[component]
fn StintView(insight: Insight, stint: Stint) -> impl IntoView {
    let name = insight.desk.name_of(stint.author);
    let colour = insight.desk.profiles().with_untracked(|known| colour_of(known, stint.author));
    let did = words::worked(stint.edits, stint.characters);
    let label = name.clone();
    view! {
        <li>
            <button type="button" class="quiet" on:click=move |_| insight.go(stint.to, None)>
                <Avatar name=name.clone() colour=colour />
                <span>
                    <b>{label}</b>
                    <small>{when::brief(stint.start)}</small>
                    <small>{did}</small>
                </span>
            </button>
        </li>
    }
}
