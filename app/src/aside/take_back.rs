//! Taking back some edits, of one person, one sitting or one paste: choosing them, seeing what
//! would change, and doing it as one edit that can be undone.

use leptos::prelude::*;
use palimpsest_core::{
    Command, Intent, MarkKind, Marks, ReadModel, Revision, Sittings, TakenBack, TakingBack,
    TextChange, Timestamp,
};
use wasm_bindgen_futures::spawn_local;

use crate::clock;
use crate::faces::{Avatar, colour_of};
use crate::insight::{Ask, Hunk, Hunks, Insight, hunks_of};
use crate::panels::toast::Toasts;
use crate::when;
use crate::words::insight as words;

/// How many events are looked at before the page gets its turn.
const SLICE_EVENTS: usize = 4_000;
/// How many sittings and marks are listed.
const LISTED_MAX: usize = 200;

#[component]
pub(crate) fn TakeBackPanel(insight: Insight) -> impl IntoView {
    move || match insight.ask.get() {
        Some(ask) => view! { <Preview insight=insight ask=ask /> }.into_any(),
        None => view! { <Choose insight=insight /> }.into_any(),
    }
}

/// A preview: what it comes to, and of which text.
#[derive(Clone, PartialEq, Debug)]
struct Found {
    taken: TakenBack,
    hunks: Vec<Hunk>,
}

/// Finds out what taking back comes to, in slices.
async fn find(insight: Insight, ask: &Ask) -> Option<Found> {
    loop {
        insight.desk.seal();
        let begun = insight
            .desk
            .with_timeline(|timeline, graph| TakingBack::new(timeline, graph, &ask.revisions));
        let mut work = begun?;
        loop {
            let done = insight.desk.with_timeline(|_, graph| work.go_on(graph, SLICE_EVENTS));
            if done {
                break;
            }
            clock::breathe().await;
        }
        let found = insight.desk.with_timeline(|timeline, graph| {
            let taken = work.finish(timeline, graph)?;
            let hunks = hunks_of(&timeline.text_at(timeline.last()).into_rope(), &taken.parts);
            Some(Found { taken, hunks })
        });
        // Somebody wrote meanwhile: once more.
        if found.is_some() {
            return found;
        }
        clock::sleep(300).await;
    }
}

#[component]
fn Preview(insight: Insight, ask: Ask) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let found = RwSignal::new(None::<Found>);
    let label = ask.label.clone();
    let ask = StoredValue::new(ask);
    // What happens while one looks is looked at by the same look.
    let busy = StoredValue::new(false);
    let look = move || {
        if busy.get_value() {
            return;
        }
        busy.set_value(true);
        spawn_local(async move {
            clock::breathe().await;
            let Some(ask) = ask.try_get_value() else { return };
            let new = find(insight, &ask).await;
            busy.try_set_value(false);
            found.try_set(new);
        });
    };
    look();
    let desk = insight.desk;
    let act = move |_| {
        let Some(shown) = found.get_untracked() else { return };
        let patch = shown.taken.patch;
        let fits = desk.with_document(|document| document.text().fits(&patch));
        if !fits {
            toasts.say(words::WENT_ON);
            return look();
        }
        let change = |edit: &palimpsest_core::Edit| {
            TextChange::new(edit.pos, edit.deleted.chars().count(), edit.inserted.clone())
        };
        let changes = patch.edits().iter().map(change).collect();
        if let Err(refused) = desk.dispatch(Command::EditText { changes, intent: Intent::Undone }) {
            return toasts.say(refused.to_string());
        }
        insight.machine.back_to_now();
        insight.ask.set(None);
        insight.aside.close();
        insight.tools.focus();
        toasts.offer(words::TAKEN_BACK, crate::words::UNDO, move || {
            if let Err(refused) = desk.dispatch(Command::Undo) {
                toasts.say(refused.to_string());
            }
        });
    };
    // What others write while one looks changes what would be done.
    let history = desk.history();
    Effect::new(move |before: Option<(Revision, Revision)>| {
        let now = history.get();
        if before.is_some_and(|before| before != now) && found.get_untracked().is_some() {
            look();
        }
        now
    });
    let told = move || match found.get() {
        None => view! { <p class="note" role="status">{words::LOOKING}</p> }.into_any(),
        Some(Found { taken, .. }) if taken.patch.is_empty() => {
            view! { <p class="note" role="status">{words::TAKE_BACK_NOTHING}</p> }.into_any()
        }
        Some(Found { taken, hunks }) => {
            let left = words::left_alone(taken.gone, taken.stay_away);
            let go = move |hunk: Hunk| {
                let last = insight.machine.history().get_untracked().1;
                insight.go(last, Some(hunk.before));
            };
            view! {
                <p role="status">{words::taking(taken.removed, taken.returned)}</p>
                {left.map(|left| view! { <p class="note">{left}</p> })}
                <p class="ends">
                    <button class="primary" type="button" on:click=act>
                        {words::TAKE_BACK_THESE}
                    </button>
                </p>
                <h3>{words::PREVIEW}</h3>
                <Hunks hunks=hunks go=go />
            }
            .into_any()
        }
    };
    view! {
        <div class="told">
            <p class="chosen">{label}</p>
            {told}
            <p class="ends">
                <button type="button" class="quiet" on:click=move |_| insight.ask.set(None)>
                    {words::CHOOSE_OTHERS}
                </button>
            </p>
        </div>
    }
}

/// Edits that belong together.
#[derive(Clone, PartialEq, Debug)]
struct Choice {
    label: String,
    facts: String,
    colour: Option<(String, u8)>,
    revisions: Vec<std::ops::Range<Revision>>,
}

#[component]
fn Choose(insight: Insight) -> impl IntoView {
    let choices = RwSignal::new(None::<[Vec<Choice>; 3]>);
    spawn_local(async move {
        clock::breathe().await;
        choices.try_set(Some(choices_of(insight)));
    });
    let group = move |heading: &'static str, nth: usize| {
        move || {
            let list = choices.with(|all| all.as_ref().map(|all| all[nth].clone()))?;
            (!list.is_empty()).then(|| {
                let each = list
                    .into_iter()
                    .map(|choice| view! { <ChoiceView insight=insight choice=choice /> });
                view! { <h3>{heading}</h3> <ul class="deeds">{each.collect_view()}</ul> }
            })
        }
    };
    view! {
        <div class="told">
            <p class="note">{words::TAKE_BACK_CHOOSE}</p>
            {group(words::BY_PERSON, 0)}
            {group(words::BY_MARK, 2)}
            {group(words::BY_SITTING, 1)}
        </div>
    }
}

#[component]
fn ChoiceView(insight: Insight, choice: Choice) -> impl IntoView {
    let Choice { label, facts, colour, revisions } = choice;
    let name = label.clone();
    let act = move |_| insight.think_of_taking_back(label.clone(), revisions.clone());
    view! {
        <li>
            <button type="button" class="quiet" on:click=act>
                {colour.map(|(name, colour)| view! { <Avatar name=name colour=colour /> })}
                <span><b>{name}</b> <small>{facts}</small></span>
                <span class="verb">{words::TAKE_BACK}</span>
            </button>
        </li>
    }
}

fn choices_of(insight: Insight) -> [Vec<Choice>; 3] {
    let desk = insight.desk;
    let profiles = desk.profiles();
    let face = |author| {
        let colour = profiles.with_untracked(|known| colour_of(known, author));
        Some((desk.name_of(author), colour))
    };
    desk.with_timeline(|timeline, graph| {
        let last = timeline.last();
        let sittings = Sittings::at(timeline, graph, last);
        // The stretches of each person, and what they did in them.
        let mut people: Vec<(
            palimpsest_core::AuthorId,
            Vec<std::ops::Range<Revision>>,
            [usize; 3],
        )> = Vec::new();
        for (revisions, author) in
            timeline.author_stretches(graph, Revision(1)..Revision(last.0 + 1))
        {
            match people.iter_mut().find(|(known, ..)| *known == author) {
                Some((_, stretches, _)) => stretches.push(revisions),
                None => people.push((author, vec![revisions], [0; 3])),
            }
        }
        for sitting in sittings.all() {
            for (author, share) in &sitting.by_author {
                if let Some((.., done)) = people.iter_mut().find(|(known, ..)| known == author) {
                    done[0] += share.events;
                    done[1] += share.inserted;
                    done[2] += share.deleted;
                }
            }
        }
        let done =
            |[edits, inserted, deleted]: [usize; 3]| words::done(edits as u64, inserted, deleted);
        let by_person = people.into_iter().map(|(author, revisions, share)| Choice {
            label: desk.name_of(author),
            facts: done(share),
            colour: face(author),
            revisions,
        });
        let by_sitting = sittings.all().iter().rev().take(LISTED_MAX).map(|sitting| {
            let names: Vec<String> =
                sitting.by_author.iter().map(|(author, _)| desk.name_of(*author)).collect();
            let share =
                sitting.by_author.iter().fold([0; 3], |[edits, inserted, deleted], (_, s)| {
                    [edits + s.events, inserted + s.inserted, deleted + s.deleted]
                });
            Choice {
                label: format!(
                    "{} · {}",
                    when_of(sitting.start, sitting.end),
                    words::listed(&names)
                ),
                facts: done(share),
                colour: None,
                revisions: vec![sitting.from..sitting.to],
            }
        });
        let marks = Marks::at(timeline, graph, last);
        let by_mark = marks.all().iter().rev().filter_map(|mark| {
            let MarkKind::Intent(intent) = mark.kind else { return None };
            if intent == Intent::Imported {
                return None;
            }
            let first = timeline.moment(graph, mark.from)?;
            let said = timeline.patch(mark.from);
            let said: String =
                said.edits().iter().flat_map(|edit| edit.inserted.chars()).take(60).collect();
            let said = said.trim().to_owned();
            let quoted = if said.is_empty() { String::new() } else { format!(": “{said}”") };
            Some(Choice {
                label: format!("{}{quoted}", words::intent(intent)),
                facts: format!("{}, {}", desk.name_of(mark.author), when::brief(first.time)),
                colour: face(mark.author),
                revisions: vec![mark.from..mark.to],
            })
        });
        [by_person.collect(), by_sitting.collect(), by_mark.take(LISTED_MAX).collect()]
    })
}

fn when_of(start: Timestamp, end: Timestamp) -> String {
    let (from, to) = (when::brief(start), when::clock(end));
    let from = from.rsplit_once(':').map_or(from.clone(), |(minutes, _)| minutes.to_owned());
    format!("{from} – {to}")
}
