//! A thread as a card: what was said, by whom and when, and what can be done about it. Where
//! the card stands is not decided here.

use leptos::prelude::*;
use palimpsest_core::{Command, Comment, EventId, Passage, Thread};

use crate::comments::bridge::Sheet;
use crate::comments::mention::parts;
use crate::comments::say::Say;
use crate::comments::talk::{Place, Talk};
use crate::faces::{Avatar, colour_of};
use crate::when;
use crate::words::comments as words;

/// One thread. Beside the text it is short until it is chosen.
#[component]
pub(crate) fn Card(talk: Talk, first: Thread, sheet: Sheet, place: Place) -> impl IntoView {
    let id = first.id;
    let threads = talk.threads(sheet);
    // While a card is being taken away, it is as it was last.
    let thread = Memo::new(move |known: Option<&Thread>| {
        let now = threads.with(|all| all.iter().find(|thread| thread.id == id).cloned());
        now.or_else(|| known.cloned()).unwrap_or_else(|| first.clone())
    });
    let chosen = Memo::new(move |_| talk.chosen() == Some(id));
    let whole = Memo::new(move |_| chosen.get() || place == Place::Panel);
    let answering = RwSignal::new(false);
    Effect::new(move |_| {
        if talk.answering().get() == Some(id) {
            talk.answering().set(None);
            answering.set(true);
        }
    });
    let element = NodeRef::<leptos::html::Li>::new();
    Effect::new(move |_| {
        if chosen.get()
            && place == Place::Panel
            && let Some(element) = element.get()
        {
            let nearest = web_sys::ScrollIntoViewOptions::new();
            nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
            element.scroll_into_view_with_scroll_into_view_options(&nearest);
        }
    });
    let author = move || thread.with(|t| t.comments.first().map(|said| said.author));
    let name = move || author().map_or_else(String::new, |author| talk.desk.name_of(author));
    let now = sheet == Sheet::Now;
    // Row by row, so that what somebody is changing stays while others answer.
    let rows = move || thread.with(|thread| rows(&thread.comments, whole.get()));
    let row = move |row: Row| match row {
        Row::Said(comment, first) => {
            view! { <Said talk=talk comment=comment first=first now=now whole=whole /> }.into_any()
        }
        Row::Between(hidden) => {
            view! { <p class="between">{words::more_replies(hidden)}</p> }.into_any()
        }
    };
    let resolved = move || {
        let by = thread.with(|thread| thread.resolved)?;
        let name = talk.desk.with_timeline(|_, graph| {
            graph.lv_of(by).map(|lv| talk.desk.name_of(graph.author(lv)))
        });
        Some(view! { <p class="settled">{words::resolved_by(&name.unwrap_or_default())}</p> })
    };
    let reply = Callback::new(move |text: String| {
        let done = talk.ask(Command::ReplyToComment { thread: id, text });
        if done {
            answering.set(false);
        }
        done
    });
    let settle = move || {
        if thread.with(|thread| thread.resolved.is_some()) { words::REOPEN } else { words::RESOLVE }
    };
    let doing = move || {
        (now && whole.get()).then(|| {
            if answering.get() {
                view! {
                    <Say
                        talk=talk
                        label=words::YOUR_REPLY
                        hint=words::REPLY_HINT
                        send=words::REPLY
                        focus=true
                        done=reply
                        cancel=Callback::new(move |()| answering.set(false))
                    />
                }
                .into_any()
            } else {
                view! {
                    <div class="doing">
                        <button class="quiet" type="button" on:click=move |_| answering.set(true)>
                            {words::REPLY}
                        </button>
                        <button class="quiet" type="button" on:click=move |_| talk.settle(id)>
                            {settle}
                        </button>
                    </div>
                }
                .into_any()
            }
        })
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        if event.default_prevented() {
            return;
        }
        match event.key().as_str() {
            "Escape" if chosen.get_untracked() => talk.leave(),
            // On the card itself, not on a button of it.
            "Enter" if !chosen.get_untracked() => talk.choose(id),
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <li
            class="card"
            node_ref=element
            data-thread=id.to_string()
            data-chosen=move || chosen.get().then_some("")
            data-resolved=move || thread.with(|t| t.resolved.is_some()).then_some("")
            on:keydown=keys
            on:click=move |_| {
                if !chosen.get_untracked() {
                    talk.choose(id);
                }
            }
        >
            <article tabindex="0" aria-label=move || words::comment_by(&name())>
                {(place == Place::Panel).then(|| view! { <About talk=talk thread=thread sheet=sheet /> })}
                {move || talk.names_me(&thread.get()).then(|| view! { <p class="names-me">{words::NAMES_YOU}</p> })}
                <For each=rows key=Row::key children=row />
                {resolved}
                {doing}
            </article>
        </li>
    }
}

/// One line of a card.
#[derive(Clone, PartialEq, Eq)]
enum Row {
    /// What somebody said, and whether it was the first thing.
    Said(Comment, bool),
    /// So many replies are not shown.
    Between(usize),
}

impl Row {
    /// A row with another key is drawn anew.
    fn key(&self) -> (Option<EventId>, Option<String>, usize) {
        match self {
            Self::Said(comment, _) => (Some(comment.id), comment.text.clone(), 0),
            Self::Between(hidden) => (None, None, *hidden),
        }
    }
}

/// The lines of a card: all of them, or the first and the last.
fn rows(comments: &[Comment], whole: bool) -> Vec<Row> {
    let said = |(nth, comment): (usize, &Comment)| Row::Said(comment.clone(), nth == 0);
    let all: Vec<Row> = comments.iter().enumerate().map(said).collect();
    match &all[..] {
        [first, hidden @ .., last] if !whole && !hidden.is_empty() => {
            vec![first.clone(), Row::Between(hidden.len()), last.clone()]
        }
        _ => all,
    }
}

/// What a thread is about: its passage, or that it is gone and when it stood.
#[component]
fn About(talk: Talk, thread: Memo<Thread>, sheet: Sheet) -> impl IntoView {
    let id = thread.with_untracked(|thread| thread.id);
    // Only where it stands decides what is quoted.
    let passage = Memo::new(move |_| thread.with(|thread| thread.passage.clone()));
    let quote = move || {
        passage.track();
        thread.with_untracked(|thread| talk.quote(sheet, thread))
    };
    let gone = move || match passage.get() {
        Some(Passage::Gone { last, .. }) => Some(view! {
            <p class="gone">
                {words::GONE} " "
                <button
                    class="link"
                    type="button"
                    on:click=move |event| {
                        event.stop_propagation();
                        talk.show_when(id, last);
                    }
                >
                    {words::WHEN_IT_STOOD}
                </button>
            </p>
        }),
        Some(Passage::Here(_)) | None => None,
    };
    view! {
        {move || quote().map(|quote| view! {
            <button
                class="quote"
                type="button"
                title=words::SHOW_PASSAGE
                on:click=move |_| talk.choose(id)
            >
                {quote}
            </button>
        })}
        {gone}
    }
}

/// One comment or reply.
#[component]
fn Said(talk: Talk, comment: Comment, first: bool, now: bool, whole: Memo<bool>) -> impl IntoView {
    let Comment { id, author, time, text, edited, .. } = comment;
    let editing = RwSignal::new(false);
    let profiles = talk.desk.profiles();
    let name = Signal::derive(move || talk.desk.name_of(author));
    let colour = Signal::derive(move || profiles.with(|known| colour_of(known, author)));
    let mine = now && text.is_some();
    let words_now = text.clone();
    let body = move || match words_now.clone() {
        Some(text) => {
            let pieces =
                parts(&text, &talk.names()).into_iter().map(|(piece, mention)| match mention {
                    true => view! { <span class="mention">{piece}</span> }.into_any(),
                    false => piece.into_any(),
                });
            view! { <p class="words" dir="auto">{pieces.collect_view()}</p> }.into_any()
        }
        None => view! { <p class="words withdrawn">{words::WITHDRAWN}</p> }.into_any(),
    };
    let edit = Callback::new(move |text: String| {
        let done = talk.ask(Command::EditComment { comment: id, text });
        if done {
            editing.try_set(false);
        }
        done
    });
    let own = move || {
        (mine && whole.get() && talk.is_mine(author)).then(|| {
            let withdraw = move |event: leptos::ev::MouseEvent| {
                event.stop_propagation();
                talk.ask(Command::DeleteComment { comment: id });
            };
            view! {
                <span class="own">
                    <button class="link" type="button" on:click=move |_| editing.set(true)>
                        {words::EDIT}
                    </button>
                    <button class="link" type="button" on:click=withdraw>{words::WITHDRAW}</button>
                </span>
            }
        })
    };
    let edited =
        edited.map(|time| view! { <small title=when::full(time)>" · "{words::EDITED}</small> });
    let content = move || {
        if editing.get() {
            view! {
                <Say
                    talk=talk
                    label=words::YOUR_COMMENT
                    hint=words::HINT
                    send=crate::words::SAVE
                    text=text.clone().unwrap_or_default()
                    focus=true
                    done=edit
                    cancel=Callback::new(move |()| editing.set(false))
                />
            }
            .into_any()
        } else {
            view! { {body.clone()()} {own} }.into_any()
        }
    };
    view! {
        <div class="said" class:reply=!first>
            <div class="who">
                <Avatar name=name colour=colour />
                <b>{name}</b>
                <time title=when::full(time)>{when::ago(time)}{edited}</time>
            </div>
            {content}
        </div>
    }
}

/// The card on which a comment is being written.
#[component]
pub(crate) fn DraftCard(talk: Talk, place: Place) -> impl IntoView {
    let done = Callback::new(move |text: String| talk.finish(text));
    move || {
        talk.draft().map(|draft| {
            let quote =
                (place == Place::Panel).then(|| view! { <p class="quote">{draft.quote}</p> });
            view! {
                <li class="card" data-thread="draft" data-chosen="">
                    {quote}
                    <Say
                        talk=talk
                        label=words::YOUR_COMMENT
                        hint=words::HINT
                        send=words::COMMENT
                        focus=true
                        done=done
                        cancel=Callback::new(move |()| talk.give_up())
                    />
                </li>
            }
        })
    }
}

/// The name of a thread's card, for whoever looks for it in the page.
pub(super) fn card_of(id: EventId) -> String {
    format!("[data-thread=\"{id}\"]")
}
