//! The links that open a document, or all of them: an owner makes them, sees them all, gives one another address
//! and takes it back. What each allows is said in plain words, the past included.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palimpsest_core::codec::json::{timestamp_from_rfc3339, timestamp_to_rfc3339};
use palimpsest_core::{DocumentId, LinkKey, Role, Timestamp};
use serde_json::{Value, json};

use crate::api;
use crate::clock;
use crate::keyring;
use crate::panels::share::{LinkField, absolute};
use crate::panels::toast::Toasts;
use crate::words::share as said;

/// What the server says about sharing this document.
#[derive(Clone, PartialEq)]
enum Known {
    Asking,
    Unreached,
    /// It asks nobody for a link.
    Open,
    NotOwner,
    Listed(Vec<Link>),
}

/// One link, as the server lists it.
#[derive(Clone, PartialEq)]
struct Link {
    id: String,
    label: String,
    role: Role,
    history: String,
    whole_library: bool,
    expires: Option<String>,
}

/// What the dialog shows and does about links.
#[derive(Clone, Copy)]
struct Sharing {
    /// The whole library if it is none.
    document: Option<DocumentId>,
    toasts: Toasts,
    known: RwSignal<Known>,
    /// An address that was just made, and what to say of it.
    fresh: RwSignal<Option<(String, &'static str)>>,
    /// What the next link is to be. It outlives the list, which is drawn anew at each change.
    next: Next,
}

/// What somebody chose for a link that is not made yet.
#[derive(Clone, Copy)]
struct Next {
    role: RwSignal<String>,
    history: RwSignal<String>,
    days: RwSignal<String>,
    label: RwSignal<String>,
}

impl Next {
    fn new() -> Self {
        let chosen = |value: &str| RwSignal::new(value.to_owned());
        Self {
            role: chosen(Role::Editor.name()),
            history: chosen("everything"),
            days: chosen("0"),
            label: chosen(""),
        }
    }
}

impl Sharing {
    /// Asks with each key of this device until one is answered.
    async fn ask(self, method: &str, path: &str, body: Option<&str>) -> Option<api::Answer> {
        let keys = match self.document {
            Some(document) => keyring::keys_to(document),
            None => keyring::library(),
        };
        let keys: Vec<Option<LinkKey>> = match keys.is_empty() {
            true => vec![None],
            false => keys.into_iter().map(Some).collect(),
        };
        let mut last = None;
        for key in keys {
            let answer = api::ask(method, path, key, body).await?;
            let done = answer.is_ok();
            last = Some(answer);
            if done {
                break;
            }
        }
        last
    }

    fn path(self) -> String {
        match self.document {
            Some(document) => format!("/api/v1/documents/{document}/links"),
            None => "/api/v1/links".to_owned(),
        }
    }

    async fn look(self) {
        let open = self.ask("GET", "/api/v1/access", None).await;
        let known = match (open, self.ask("GET", &self.path(), None).await) {
            (Some(open), _) if open.json().is_ok_and(|told| told["links"] == false) => Known::Open,
            (_, None) | (None, _) => Known::Unreached,
            (_, Some(answer)) => match answer.json() {
                Ok(told) => Known::Listed(self.shown(read(&told["links"]))),
                Err(_) => Known::NotOwner,
            },
        };
        self.known.try_set(known);
    }

    /// Which of the links are shown: those to single documents are shown with these.
    fn shown(self, mut links: Vec<Link>) -> Vec<Link> {
        links.retain(|link| self.document.is_some() || link.whole_library);
        links
    }

    /// Has the server change something, then looks at the list again.
    fn change(self, method: &'static str, path: String, body: Option<Value>, said: &'static str) {
        spawn_local(async move {
            let body = body.map(|body| body.to_string());
            let told = match self.ask(method, &path, body.as_deref()).await {
                Some(answer) => answer.json(),
                None => Err(said::UNREACHED.to_owned()),
            };
            match told {
                Ok(told) => match told["url"].as_str() {
                    Some(url) => drop(self.fresh.try_set(Some((absolute(url), said)))),
                    None => {
                        self.fresh.try_set(None);
                        self.toasts.say(said);
                    }
                },
                Err(why) => self.toasts.say(why),
            }
            self.look().await;
        });
    }
}

fn read(links: &Value) -> Vec<Link> {
    let text = |link: &Value, name: &str| link[name].as_str().unwrap_or_default().to_owned();
    let links = links.as_array().into_iter().flatten();
    links
        .filter_map(|link| {
            Some(Link {
                id: text(link, "id"),
                label: text(link, "label"),
                role: link["role"].as_str()?.parse().ok()?,
                history: text(link, "history"),
                whole_library: link["document"].is_null(),
                expires: link["expires"].as_str().map(str::to_owned),
            })
        })
        .collect()
}

/// The list and the form, or why they are not there.
#[component]
pub(crate) fn Links(
    /// The whole library if it is none.
    document: Option<DocumentId>,
) -> impl IntoView {
    let sharing = Sharing {
        document,
        toasts: expect_context(),
        known: RwSignal::new(Known::Asking),
        fresh: RwSignal::new(None),
        next: Next::new(),
    };
    spawn_local(sharing.look());
    view! {
        {move || match sharing.known.get() {
            Known::Asking => view! { <p role="status">{said::ASKING}</p> }.into_any(),
            Known::Unreached => view! { <p class="trouble">{said::UNREACHED}</p> }.into_any(),
            Known::Open => view! { <p>{said::OPEN_SERVER}</p> }.into_any(),
            Known::NotOwner => view! { <p>{said::NOT_OWNER}</p> }.into_any(),
            Known::Listed(links) => view! {
                <section class="links" aria-label=said::WHO>
                    <h3>{said::WHO}</h3>
                    <ul>{links.into_iter().map(|link| line(sharing, link)).collect_view()}</ul>
                </section>
                <NewLink sharing=sharing />
            }
            .into_any(),
        }}
        {move || {
            sharing.fresh.get().map(|(link, said)| {
                view! {
                    <div class="fresh-link" role="status">
                        <p>{said}</p>
                        <LinkField link=link name=said::NEW_LINK />
                    </div>
                }
            })
        }}
    }
}

/// One link of the list.
fn line(sharing: Sharing, link: Link) -> impl IntoView {
    let mut allows = format!("{} · {}", said::can(link.role), said::sees(&link.history));
    if link.whole_library && sharing.document.is_some() {
        allows += &format!(" · {}", said::EVERY_DOCUMENT);
    }
    if let Some(time) = link.expires.as_deref().and_then(timestamp_from_rfc3339) {
        let over = time <= clock::now();
        let ends = if over { said::EXPIRED.to_owned() } else { said::until(time) };
        allows += &format!(" · {ends}");
    }
    let label = if link.label.is_empty() { link.id.clone() } else { link.label.clone() };
    let (rotate, revoke) = {
        let path = format!("/api/v1/links/{}", link.id);
        let key = format!("{path}/key");
        (
            move |_| sharing.change("POST", key.clone(), None, said::ROTATED),
            move |_| sharing.change("DELETE", path.clone(), None, said::REVOKED),
        )
    };
    // Links to the whole library are changed where that is shared.
    let acts = (link.whole_library == sharing.document.is_none()).then(|| {
        view! {
            <button type="button" class="quiet" aria-label=format!("{}: {label}", said::ROTATE) on:click=rotate>
                {said::ROTATE}
            </button>
            <button type="button" class="quiet" aria-label=format!("{}: {label}", said::REVOKE) on:click=revoke>
                {said::REVOKE}
            </button>
        }
    });
    view! {
        <li>
            <div>
                <strong>{label.clone()}</strong>
                <span class="dim">{allows}</span>
            </div>
            {acts}
        </li>
    }
}

/// How long a link holds, in days; 0 is until it is taken back.
const DAYS: [&str; 4] = ["0", "1", "7", "30"];
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

#[component]
fn NewLink(sharing: Sharing) -> impl IntoView {
    let Next { role, history, days, label } = sharing.next;
    let reads = move || role.get() == "reader";
    let make = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let sees = if reads() { history.get_untracked() } else { "everything".to_owned() };
        let days: i64 = days.get_untracked().parse().unwrap_or(0);
        let ends = Timestamp(clock::now().0 + days * DAY_MILLIS);
        let expires = (days > 0).then(|| timestamp_to_rfc3339(ends));
        let body = json!({
            "role": role.get_untracked(),
            "history": sees,
            "label": label.get_untracked().trim(),
            "expires": expires,
        });
        sharing.change("POST", sharing.path(), Some(body), said::SHOWN_ONCE);
        label.set(String::new());
    };
    let roles = Role::ALL.map(|role| (role.name(), said::can(role)));
    let sights = ["everything", "versions", "nothing"].map(|name| (name, said::sees(name)));
    view! {
        <form class="new-link" on:submit=make aria-label=said::NEW_LINK>
            <h3>{said::NEW_LINK}</h3>
            <label>
                {said::LABEL}
                <input
                    class="field"
                    maxlength="200"
                    placeholder=said::LABEL_HINT
                    autocomplete="off"
                    prop:value=label
                    on:input=move |event| label.set(event_target_value(&event))
                />
            </label>
            <div class="choices">
                {choice(said::ACCESS, role, &roles)}
                <Show when=reads>{choice(said::SEES, history, &sights)}</Show>
                {choice(said::HOLDS, days, &DAYS.map(|days| (days, said::holds(days))))}
            </div>
            <Show when=move || !reads()>
                <p class="dim">{said::HISTORY_NEEDED}</p>
            </Show>
            <button class="primary" type="submit">{said::MAKE}</button>
        </form>
    }
}

fn choice(
    name: &'static str,
    chosen: RwSignal<String>,
    choices: &[(&'static str, &'static str)],
) -> impl IntoView + use<> {
    let options = choices.iter().map(|&(value, words)| {
        view! {
            <option value=value selected=move || chosen.get() == value>{words}</option>
        }
    });
    let options = options.collect_view();
    view! {
        <label>
            {name}
            <select class="field" aria-label=name on:change=move |event| chosen.set(event_target_value(&event))>
                {options}
            </select>
        </label>
    }
}
