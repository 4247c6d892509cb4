//! The life of a text: who wrote each word and when, what was deleted there, and every wording
//! it had, with the way to each of these moments.

use std::ops::Range;

use leptos::prelude::*;
use palimpsest_core::{
    AuthorId, Authorship, Grain, Graph, ReadModel, Revision, Timeline, Timestamp, Wording, diff_by,
    life,
};
use wasm_bindgen_futures::spawn_local;

use crate::clock;
use crate::faces::{Avatar, colour_class, colour_of};
use crate::insight::{Insight, Stretch, clipped, parts, whole_parts};
use crate::when;
use crate::words::insight as words;

/// What one person wrote without a pause of this length is told as one.
const PAUSE_MS: i64 = 90_000;
/// How long a stretch may be, in scalars: what is longer is cut.
const STRETCH_MAX: usize = 4_000;
/// How many wordings and deletions are shown.
const SHOWN_MAX: usize = 120;

/// Some characters that one person wrote in one go.
#[derive(Clone, PartialEq, Debug)]
struct Piece {
    author: AuthorId,
    time: Timestamp,
    from: Revision,
    to: Revision,
    text: String,
}

/// A wording, and what the same person made of it in one go.
#[derive(Clone, PartialEq, Debug)]
struct Step {
    author: AuthorId,
    from: Timestamp,
    to: Timestamp,
    /// The revisions that changed it.
    revisions: Vec<Revision>,
    before: String,
    last: Wording,
    each: Vec<(Wording, Timestamp)>,
}

/// What somebody deleted there.
#[derive(Clone, PartialEq, Debug)]
struct Deletion {
    author: AuthorId,
    time: Timestamp,
    /// The last revision that had all of it, and where it stood.
    had: Revision,
    range: Range<usize>,
    text: String,
}

#[derive(Clone, PartialEq, Debug)]
struct Told {
    stretch: Stretch,
    quote: String,
    pieces: Vec<Piece>,
    steps: Vec<Step>,
    deletions: Vec<Deletion>,
}

#[component]
pub(crate) fn LifePanel(insight: Insight) -> impl IntoView {
    let told = RwSignal::new(None::<Told>);
    let looking = RwSignal::new(false);
    Effect::new(move |_| {
        let Some(stretch) = insight.stretch.get() else { return };
        looking.set(true);
        spawn_local(async move {
            // The panel is drawn first.
            clock::breathe().await;
            let found =
                insight.desk.with_timeline(|timeline, graph| tell(stretch, timeline, graph));
            looking.try_set(false);
            told.try_set(Some(found));
        });
    });
    view! {
        <div class="told life">
            <p class="ends">
                <button type="button" on:click=move |_| insight.show_life()>
                    {words::LOOK_AGAIN}
                </button>
            </p>
            <p class="note" role="status">
                {move || if looking.get() { words::LOOKING } else { words::LIFE_HINT }}
            </p>
            {move || told.get().map(|told| view! { <Life insight=insight told=told /> })}
        </div>
    }
}

#[component]
fn Life(insight: Insight, told: Told) -> impl IntoView {
    let Told { stretch, quote, pieces, steps, deletions } = told;
    let by = move |author: AuthorId| insight.desk.name_of(author);
    let profiles = insight.desk.profiles();
    let class = move |author| profiles.with(|known| colour_class(colour_of(known, author)));
    let coloured = pieces.clone().into_iter().map(|piece| {
        let title = move || format!("{}, {}", by(piece.author), when::brief(piece.time));
        view! {
            <span class=move || format!("by {}", class(piece.author)) title=title>{piece.text}</span>
        }
    });
    let coloured = coloured.collect_view();
    let place = stretch.clone();
    let writers = pieces.into_iter().map(|piece| {
        let place = place.clone();
        let (from, to) = (piece.from, piece.to);
        let go = move |_| insight.go(to, (place.at >= to).then(|| standing(insight, &place, to)));
        let label = {
            let text = clipped(&piece.text);
            move || format!("{}: “{text}”", by(piece.author))
        };
        let back = {
            let text = piece.text.clone();
            move |_| {
                let label = format!("{}: “{}”", by(piece.author), clipped(&text));
                insight.think_of_taking_back(label, vec![from..Revision(to.0 + 1)]);
            }
        };
        let said = piece.text.clone();
        view! {
            <li title=label.clone()>
                <p class="said">{said}</p>
                <Who insight=insight author=piece.author time=piece.time />
                <p class="ends">
                    <button type="button" class="quiet" on:click=go>{words::GO_THERE}</button>
                    <button type="button" class="quiet" on:click=back>{words::TAKE_BACK}</button>
                </p>
            </li>
        }
    });
    let nothing = deletions.is_empty();
    let deletions = deletions.into_iter().map(|one| {
        let Deletion { author, time, had, range, text } = one;
        view! {
            <li>
                <p class="said"><del>{clipped(&text)}</del></p>
                <Who insight=insight author=author time=time />
                <p class="ends">
                    <button
                        type="button"
                        class="quiet"
                        on:click=move |_| insight.go(had, Some(range.clone()))
                    >
                        {words::GO_THERE}
                    </button>
                </p>
            </li>
        }
    });
    let wordings = steps.into_iter().map(|step| view! { <StepView insight=insight step=step /> });
    view! {
        <blockquote>{if quote.is_empty() { words::GONE_SINCE.into_any() } else { coloured.into_any() }}</blockquote>
        <h3>{words::WHO_WROTE_IT}</h3>
        <ul class="cards">{writers.collect_view()}</ul>
        <h3>{words::DELETED_HERE}</h3>
        {nothing.then(|| view! { <p class="none">{words::NOTHING_DELETED}</p> })}
        <ul class="cards">{deletions.collect_view()}</ul>
        <h3>{words::WORDINGS}</h3>
        <ol class="cards">{wordings.collect_view()}</ol>
    }
}

/// Where a stretch stood at an earlier revision.
fn standing(insight: Insight, stretch: &Stretch, at: Revision) -> Range<usize> {
    insight.desk.with_timeline(|timeline, _| {
        let patch = timeline.patch_between(stretch.at, at);
        let start = patch.map_pos(stretch.range.start, palimpsest_core::Bias::After);
        let end = patch.map_pos(stretch.range.end, palimpsest_core::Bias::Before);
        start..end.max(start)
    })
}

#[component]
fn Who(insight: Insight, author: AuthorId, time: Timestamp) -> impl IntoView {
    let profiles = insight.desk.profiles();
    let name = Signal::derive(move || insight.desk.name_of(author));
    let colour = Signal::derive(move || profiles.with(|known| colour_of(known, author)));
    view! {
        <p class="who">
            <Avatar name=name colour=colour />
            <span>{name}</span>
            <time>{when::brief(time)}</time>
        </p>
    }
}

#[component]
fn StepView(insight: Insight, step: Step) -> impl IntoView {
    let Step { author, to, revisions, before, last, each, .. } = step;
    let text = palimpsest_core::Text::from(before.as_str());
    let shown = whole_parts(&text, &diff_by(&before, &last.text, Grain::Phrases));
    let empty = last.text.is_empty().then(|| view! { <em>{words::GONE_SINCE}</em> });
    let (at, range) = (last.revision, last.range.clone());
    let several = each.len() > 1;
    let each = each.into_iter().rev().map(move |(wording, time)| {
        let (at, range) = (wording.revision, wording.range.clone());
        view! {
            <li>
                <button
                    type="button"
                    class="quiet"
                    on:click=move |_| insight.go(at, Some(range.clone()))
                >
                    <span>{clipped(&wording.text)}</span>
                    <small>{when::brief(time)}</small>
                </button>
            </li>
        }
    });
    let each = several.then(|| {
        view! {
            <details>
                <summary>{words::EACH_STEP} " · " {each.len().to_string()}</summary>
                <ol>{each.collect_view()}</ol>
            </details>
        }
    });
    let back = move |_| {
        let label = format!("{}, {}", insight.desk.name_of(author), when::brief(to));
        let each = revisions.iter().map(|&one| one..Revision(one.0 + 1)).collect();
        insight.think_of_taking_back(label, each);
    };
    view! {
        <li>
            <p class="said">{parts(shown)} {empty}</p>
            <Who insight=insight author=author time=to />
            {each}
            <p class="ends">
                <button
                    type="button"
                    class="quiet"
                    on:click=move |_| insight.go(at, Some(range.clone()))
                >
                    {words::GO_THERE}
                </button>
                <button type="button" class="quiet" on:click=back>{words::TAKE_BACK}</button>
            </p>
        </li>
    }
}

fn tell(stretch: Stretch, timeline: &Timeline, graph: &Graph) -> Told {
    let Stretch { at, range } = stretch;
    let range = range.start..range.end.min(range.start + STRETCH_MAX);
    let text = timeline.text_at(at);
    let quote = text.slice(range.start.min(text.len())..range.end.min(text.len()));
    let wordings = life(timeline, range.clone(), at);
    Told {
        pieces: pieces(timeline, graph, at, range.clone()),
        deletions: deletions(timeline, graph, &wordings),
        steps: steps(timeline, graph, wordings),
        stretch: Stretch { at, range },
        quote,
    }
}

fn pieces(timeline: &Timeline, graph: &Graph, at: Revision, range: Range<usize>) -> Vec<Piece> {
    let text = timeline.text_at(at);
    let authorship = Authorship::at(timeline, graph, at);
    let mut pieces: Vec<Piece> = Vec::new();
    for written in authorship.written(range) {
        let last = written.revision.0 + written.range.len() as u64 - 1;
        let last = if written.keystrokes { Revision(last) } else { written.revision };
        let Some(moment) = timeline.moment(graph, written.revision) else { continue };
        let text = text.slice(written.range);
        match pieces.last_mut() {
            Some(piece)
                if piece.author == moment.author
                    && (piece.time.0 - moment.time.0).abs() <= PAUSE_MS =>
            {
                piece.text.push_str(&text);
                piece.from = piece.from.min(written.revision);
                piece.to = piece.to.max(last);
            }
            _ => pieces.push(Piece {
                author: moment.author,
                time: moment.time,
                from: written.revision,
                to: last,
                text,
            }),
        }
    }
    pieces
}

/// What went between one wording and the next.
fn deletions(timeline: &Timeline, graph: &Graph, wordings: &[Wording]) -> Vec<Deletion> {
    let mut deletions: Vec<Deletion> = Vec::new();
    for wording in wordings {
        let had = Revision(wording.revision.0.saturating_sub(1));
        let Some(moment) = timeline.moment(graph, wording.revision) else { continue };
        let patch = timeline.patch(wording.revision);
        // Where the stretch stood before: what is deleted lies in it.
        let back = patch.invert();
        let start = back.map_pos(wording.range.start, palimpsest_core::Bias::Before);
        let end = back.map_pos(wording.range.end, palimpsest_core::Bias::After);
        for edit in patch.edits().iter().filter(|edit| !edit.deleted.is_empty()) {
            if edit.end() < start || edit.pos > end {
                continue;
            }
            let goes_on = deletions.last_mut().filter(|last| {
                last.author == moment.author && (moment.time.0 - last.time.0).abs() <= PAUSE_MS
            });
            let (text, range) = (edit.deleted.to_string(), edit.pos..edit.end());
            match goes_on {
                // Key by key, in one direction or the other.
                Some(last) if last.range.start == edit.end() => {
                    last.text.insert_str(0, &text);
                    last.range.start = edit.pos;
                    (last.had, last.time) = (last.had.min(had), moment.time);
                }
                Some(last) if last.range.start == edit.pos => {
                    last.text.push_str(&text);
                    last.range.end += text.chars().count();
                    last.time = moment.time;
                }
                _ => deletions.push(Deletion {
                    author: moment.author,
                    time: moment.time,
                    had,
                    range,
                    text,
                }),
            }
        }
    }
    deletions.retain(|one| !one.text.trim().is_empty());
    deletions.reverse();
    deletions.truncate(SHOWN_MAX);
    deletions
}

fn steps(timeline: &Timeline, graph: &Graph, wordings: Vec<Wording>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for wording in wordings {
        let Some(moment) = timeline.moment(graph, wording.revision) else { continue };
        let goes_on = steps.last_mut().filter(|step| {
            step.author == moment.author && (moment.time.0 - step.to.0).abs() <= PAUSE_MS
        });
        match goes_on {
            Some(step) => {
                step.to = moment.time;
                step.revisions.push(wording.revision);
                step.each.push((wording.clone(), moment.time));
                step.last = wording;
            }
            None => {
                let before = steps.last().map(|step| step.last.text.clone()).unwrap_or_default();
                steps.push(Step {
                    author: moment.author,
                    from: moment.time,
                    to: moment.time,
                    revisions: vec![wording.revision],
                    before,
                    each: vec![(wording.clone(), moment.time)],
                    last: wording,
                });
            }
        }
    }
    steps.reverse();
    steps.truncate(SHOWN_MAX);
    steps
}
