//! The small drawings on buttons. They never stand alone: each button has a name.

use leptos::prelude::*;

/// What is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Start moving through time.
    Play,
    /// Stop moving through time.
    Pause,
    /// One step back.
    Previous,
    /// One step on.
    Next,
    /// More actions.
    More,
    /// Something new.
    Plus,
    /// To where one came from.
    Back,
    /// Away with it.
    Close,
}

/// The drawing, 16 by 16, in the colour of the text around it.
pub(crate) fn sign(sign: Sign) -> impl IntoView {
    let (path, full) = match sign {
        Sign::Play => {
            ("M4.5 2.4v11.2a.6.6 0 0 0 .9.5l9-5.6a.6.6 0 0 0 0-1l-9-5.6a.6.6 0 0 0-.9.5z", true)
        }
        Sign::Pause => ("M4 2.5h2.8v11H4zM9.2 2.5H12v11H9.2z", true),
        Sign::Previous => ("M10 3.5 5.5 8l4.5 4.5", false),
        Sign::Next => ("M6 3.5 10.5 8 6 12.5", false),
        Sign::More => (
            "M3.2 9.4a1.4 1.4 0 1 0 0-2.8 1.4 1.4 0 0 0 0 2.8zM8 9.4a1.4 1.4 0 1 0 0-2.8 1.4 1.4 0 \
             0 0 0 2.8zM12.8 9.4a1.4 1.4 0 1 0 0-2.8 1.4 1.4 0 0 0 0 2.8z",
            true,
        ),
        Sign::Plus => ("M8 3v10M3 8h10", false),
        Sign::Close => ("M4 4l8 8M12 4l-8 8", false),
        Sign::Back => ("M13 8H3.5M7.5 3.5 3 8l4.5 4.5", false),
    };
    view! {
        <svg class="sign" class:full=full viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
}
