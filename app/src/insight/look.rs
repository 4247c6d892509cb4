//! The search: one box, what stands now and what once stood, over all documents of this device.
//! The documents are read one after the other while their results appear.

use std::rc::Rc;
use std::time::Duration;

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use palimpsest_core::{AuthorId, Graph, Hit, Hits, Revision, Timeline, Timestamp};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use crate::clock;
use crate::insight::archive::Archive;
use crate::insight::spotlight::{Spot, Spotlight};
use crate::later::Later;
use crate::panels::share::path_to;
use crate::panels::signs::{Sign, sign};
use crate::when;
use crate::words::insight as words;
use crate::workspace::{Listing, Workspace};

/// The search begins when nobody typed for this long.
const FIND_AFTER: Duration = Duration::from_millis(180);
/// How many places of one document are shown, of now and of the past each.
const PLACES_MAX: usize = 12;
/// How many are counted.
const COUNTED_MAX: usize = 200;
/// How many scalars around a place are shown.
const AROUND: usize = 64;

/// One document's places.
#[derive(Clone, PartialEq, Debug)]
struct Group {
    listing: Listing,
    places: Vec<Place>,
    now: usize,
    past: usize,
}

/// A place where the words stand or stood.
#[derive(Clone, PartialEq, Debug)]
struct Place {
    spot: Spot,
    before: String,
    found: String,
    after: String,
    /// Since when they stood, and who put them there.
    since: (Timestamp, Option<AuthorId>),
    /// Since when they do not stand any more, and who removed them.
    removed: Option<(Timestamp, AuthorId)>,
}

/// How far a search is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Progress {
    done: usize,
    total: usize,
}

/// The page at "/search".
#[component]
pub(crate) fn SearchPage() -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let archive = expect_context::<Archive>();
    let field = NodeRef::<html::Input>::new();
    let query = use_query_map();
    let navigate = use_navigate();
    let asked = query.with_untracked(|query| query.get("q")).unwrap_or_default();
    let wanted = RwSignal::new(asked);
    let (groups, progress) =
        (RwSignal::new(Vec::<Group>::new()), RwSignal::new(Progress::default()));
    let searched = RwSignal::new(String::new());
    let library = workspace.library();
    // A search that another one has followed ends.
    let nth = StoredValue::new(0_u32);
    document().set_title(&format!("{} · {}", words::SEARCH_TITLE, crate::words::PRODUCT));

    let look = move || {
        let current = nth.try_update_value(|nth| {
            *nth += 1;
            *nth
        });
        let (Some(current), Some(sought)) = (current, wanted.try_get_untracked()) else { return };
        let sought = sought.trim().to_owned();
        groups.set(Vec::new());
        searched.set(sought.clone());
        let documents = library.with_untracked(|library| {
            library.iter().filter(|one| one.on_device).cloned().collect::<Vec<_>>()
        });
        let total = if sought.is_empty() { 0 } else { documents.len() };
        progress.set(Progress { done: 0, total });
        if sought.is_empty() {
            return;
        }
        spawn_local(async move {
            for (done, listing) in documents.into_iter().enumerate() {
                let goes_on = || nth.try_get_value() == Some(current);
                // One that cannot be read says so when it is opened.
                let group = match archive.get(workspace, &listing).await {
                    Ok(kept) if goes_on() => {
                        let hits = kept.find(&sought, COUNTED_MAX).await;
                        kept.glance
                            .with(|timeline, graph| grouped(&listing, &hits, timeline, graph))
                    }
                    Ok(_) | Err(_) => None,
                };
                if !goes_on() {
                    return;
                }
                if let Some(group) = group {
                    groups.update(|groups| groups.push(group));
                }
                progress.set(Progress { done: done + 1, total });
                clock::breathe().await;
            }
        });
    };
    let later = Later::new(FIND_AFTER);
    let known =
        Memo::new(move |_| library.with(|all| all.iter().filter(|one| one.on_device).count()));
    Effect::new({
        let navigate = navigate.clone();
        move |before: Option<(String, usize)>| {
            let (sought, known) = (wanted.get(), known.get());
            if before.as_ref().is_some_and(|(before, _)| *before != sought) {
                let q = String::from(js_sys::encode_uri_component(&sought));
                let options =
                    NavigateOptions { replace: true, scroll: false, ..Default::default() };
                navigate(&format!("/search?q={q}"), options);
            }
            later.start(look);
            (sought, known)
        }
    });
    // Another search can be asked for while this one is shown.
    Effect::new(move |_| {
        let asked = query.read().get("q").unwrap_or_default();
        let other = wanted.with_untracked(|wanted| *wanted != asked);
        let is_own = field.get_untracked().is_some_and(|field| {
            document().active_element().as_ref() == Some(field.as_ref()) && field.value() != asked
        });
        if other && !is_own {
            wanted.set(asked);
        }
    });
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            // It is in the page by now.
            let _ = field.focus();
            field.select();
        }
    });
    on_cleanup(move || {
        later.stop();
        nth.try_update_value(|nth| *nth += 1);
        archive.clear();
    });

    let places = move || {
        groups.with(|groups| {
            let (now, past) =
                groups.iter().fold((0, 0), |(now, past), one| (now + one.now, past + one.past));
            words::places(now, past)
        })
    };
    let told = move || {
        let Progress { done, total } = progress.get();
        let sought = searched.with(|sought| !sought.is_empty());
        let found = !groups.with(Vec::is_empty);
        match (sought, found) {
            (false, _) => words::SEARCH_HINT.to_owned(),
            _ if done < total => format!("{} · {}", places(), words::progress(done, total)),
            (true, true) => places(),
            (true, false) => words::SEARCH_NOTHING.to_owned(),
        }
    };
    let heading = move || {
        let searched = searched.get();
        if searched.is_empty() {
            words::SEARCH_TITLE.to_owned()
        } else {
            format!("“{searched}”")
        }
    };
    let busy = move || progress.with(|progress| progress.done < progress.total);
    view! {
        <section class="search" on:keydown=step>
            <header>
                <A href="/" attr:class="button icon home" attr:aria-label=crate::words::ALL_DOCUMENTS>
                    {sign(Sign::Back)}
                </A>
                <div class="seek">
                    <input
                        class="field"
                        type="search"
                        node_ref=field
                        aria-label=words::SEARCH_PAST
                        placeholder=words::SEARCH_PAST
                        autocomplete="off"
                        prop:value=wanted
                        on:input=move |event| wanted.set(event_target_value(&event))
                    />
                </div>
                <h1>{heading}</h1>
                <p role="status">{told}</p>
                <Show when=busy>
                    <progress
                        aria-label=words::LOOKING
                        value=move || progress.get().done.to_string()
                        max=move || progress.get().total.to_string()
                    ></progress>
                </Show>
            </header>
            <ol aria-label=words::SEARCH_RESULTS>
                <For each=move || groups.get() key=|group| (group.listing.id, group.now, group.past) let:group>
                    <GroupView group=group />
                </For>
            </ol>
        </section>
    }
}

/// The arrow keys go from place to place, and back to the box.
fn step(event: KeyboardEvent) {
    let by = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    let Ok(all) = document().query_selector_all(".search input, .search .hit") else { return };
    let all: Vec<web_sys::HtmlElement> =
        (0..all.length()).filter_map(|nth| all.item(nth)?.dyn_into().ok()).collect();
    let active = document().active_element();
    let at = all.iter().position(|one| active.as_ref() == Some(one.as_ref()));
    let next = at.map_or(0, |at| at.saturating_add_signed(by));
    if let Some(next) = all.get(next) {
        event.prevent_default();
        // It is shown, so it takes the focus.
        let _ = next.focus();
    }
}

#[component]
fn GroupView(group: Group) -> impl IntoView {
    let workspace = expect_context::<Workspace>();
    let spotlight = expect_context::<Spotlight>();
    let navigate = Rc::new(use_navigate());
    let Group { listing, places, now, past } = group;
    let more = (now + past).saturating_sub(places.len());
    let title = crate::words::titled(&listing.name).to_owned();
    let facts = [
        crate::words::edits(listing.edits),
        crate::words::authors(u64::from(listing.authors.max(1))),
        when::ago(listing.changed),
    ];
    let hits = places.into_iter().map(|place| {
        let navigate = navigate.clone();
        let Place { spot, before, found, after, since, removed } = place;
        let name = move |author: AuthorId| workspace.name_of(spot.id, author);
        let told = move || match removed {
            Some((to, by)) => words::lived(&name(by), &when::day(since.0), &when::day(to)),
            None => words::stands(&since.1.map(name).unwrap_or_default(), &when::day(since.0)),
        };
        let path = path_to(spot.id, spot.at);
        let go = {
            let path = path.clone();
            move |event: leptos::ev::MouseEvent| {
                if event.ctrl_key() || event.meta_key() || event.shift_key() {
                    return;
                }
                event.prevent_default();
                spotlight.shine(Some(spot.clone()));
                navigate(&path, NavigateOptions::default());
            }
        };
        let found = view! { <mark>{found}</mark> };
        let found = match removed {
            Some(_) => view! { <del>{found}</del> }.into_any(),
            None => found.into_any(),
        };
        view! {
            <li>
                <a class="hit" class:gone=removed.is_some() href=path on:click=go>
                    <span>{before}{found}{after}</span>
                    <small>{told}</small>
                </a>
            </li>
        }
    });
    view! {
        <li class="group">
            <h2>{title}</h2>
            <ul>{hits.collect_view()}</ul>
            {(more > 0).then(|| view! { <p class="more">{words::more_places(more)}</p> })}
            <p class="facts">{facts.map(|fact| view! { <span>{fact}</span> }).collect_view()}</p>
        </li>
    }
}

fn grouped(listing: &Listing, hits: &Hits, timeline: &Timeline, graph: &Graph) -> Option<Group> {
    let (now, past) = (hits.here.len(), hits.gone.len());
    let here = hits.here.iter().take(PLACES_MAX);
    let all = here.chain(hits.gone.iter().take(PLACES_MAX));
    let places: Vec<Place> = all.filter_map(|hit| place(listing, hit, timeline, graph)).collect();
    (!places.is_empty()).then(|| Group { listing: listing.clone(), places, now, past })
}

fn place(listing: &Listing, hit: &Hit, timeline: &Timeline, graph: &Graph) -> Option<Place> {
    let text = timeline.text_at(hit.last);
    let start = hit.range.start.saturating_sub(AROUND);
    let end = (hit.range.end + AROUND).min(text.len());
    let before = text.slice(start..hit.range.start);
    let after = text.slice(hit.range.end..end);
    // Only the line that it is in, and a word more.
    let before = match before.rsplit_once('\n') {
        Some((_, line)) => line.to_owned(),
        None if start > 0 => format!("…{before}"),
        None => before,
    };
    let after = match after.split_once('\n') {
        Some((line, _)) => line.to_owned(),
        None if end < text.len() => format!("{after}…"),
        None => after,
    };
    let brought = timeline.moment(graph, hit.brought.max(Revision(1)))?;
    let removed = hit.removed.and_then(|removed| timeline.moment(graph, removed));
    Some(Place {
        spot: Spot {
            id: listing.id,
            at: removed.as_ref().map(|_| hit.last),
            range: hit.range.clone(),
        },
        before,
        found: text.slice(hit.range.clone()).replace('\n', " "),
        after,
        since: (brought.time, Some(brought.author)),
        removed: removed.map(|removed| (removed.time, removed.author)),
    })
}
