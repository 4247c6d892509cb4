//! The bar of a comparison: how much changed, from one change to the next, and how it is laid
//! out. What is compared is the machine's, what is found the view's to say.

use leptos::prelude::*;
use palimpsest_core::Grain;

use crate::panels::share;
use crate::panels::signs::{Sign, sign};
use crate::panels::toast::Toasts;
use crate::timeline::compare::Layout;
use crate::timeline::keys::hand_over;
use crate::timeline::machine::Machine;
use crate::when;
use crate::words::machine as said;

#[component]
pub(crate) fn Comparison(machine: Machine) -> impl IntoView {
    let compare = machine.compare;
    let toasts = expect_context::<Toasts>();
    let time = move |revision| {
        machine.moment_at(revision).map(|moment| when::brief(moment.time)).unwrap_or_default()
    };
    let ends = move || {
        let (from, to) = machine.pair()?;
        let to = to.map_or_else(|| said::NOW_WORD.to_owned(), time);
        Some(view! { <b>{time(from)}</b> " → " <b>{to}</b> })
    };
    let places = move || compare.found.with(|found| found.as_ref().map(|f| f.places.len()));
    let count = move || match places() {
        None => said::LOOKING.to_owned(),
        Some(0) => said::SAME_TEXT.to_owned(),
        Some(n) => said::change_of(compare.current.get(), n),
    };
    let none = Signal::derive(move || places().unwrap_or(0) == 0);
    let copy = move |_| {
        share::copy(machine.link(false), toasts, machine.copied());
    };
    view! {
        <Show when=move || machine.compare.on()>
            <div class="comparison" role="group" aria-label=said::COMPARISON>
                <p class="ends-of-range">{ends}</p>
                <div class="through">
                    <button
                        class="icon"
                        type="button"
                        aria-label=said::PREVIOUS_CHANGE
                        title=format!("{} (p)", said::PREVIOUS_CHANGE)
                        disabled=none
                        on:click=move |_| compare.step(false)
                    >
                        {sign(Sign::Previous)}
                    </button>
                    <span role="status">{count}</span>
                    <button
                        class="icon"
                        type="button"
                        aria-label=said::NEXT_CHANGE
                        title=format!("{} (n)", said::NEXT_CHANGE)
                        disabled=none
                        on:click=move |_| compare.step(true)
                    >
                        {sign(Sign::Next)}
                    </button>
                </div>
                <Choice
                    name=said::LAYOUT
                    options=[(said::INLINE, Layout::Inline), (said::SIDE_BY_SIDE, Layout::Beside)]
                    chosen=compare.layout
                />
                <Choice
                    name=said::GRAIN
                    options=[(said::WORDS, Grain::Phrases), (said::LETTERS, Grain::Characters)]
                    chosen=compare.grain
                />
                <button type="button" on:click=move |_| machine.play_in_ten_seconds()>
                    {said::IN_TEN_SECONDS}
                </button>
                <button type="button" on:click=copy>{said::COPY_RANGE}</button>
                <button
                    class="icon quiet"
                    type="button"
                    aria-label=said::STOP_COMPARING
                    title=said::STOP_COMPARING
                    on:click=move |_| {
                        hand_over();
                        machine.compare_with(None);
                    }
                >
                    {sign(Sign::Close)}
                </button>
            </div>
        </Show>
    }
}

/// One of a few, side by side.
#[component]
pub(crate) fn Choice<T, const N: usize>(
    name: &'static str,
    options: [(&'static str, T); N],
    chosen: RwSignal<T>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    view! {
        <div class="choice" role="radiogroup" aria-label=name>
            {options
                .map(|(label, value)| {
                    view! {
                        <label>
                            <input
                                type="radio"
                                name=name
                                aria-label=label
                                prop:checked=move || chosen.get() == value
                                on:change=move |_| chosen.set(value)
                            />
                            {label}
                        </label>
                    }
                })
                .into_iter()
                .collect_view()}
        </div>
    }
}
