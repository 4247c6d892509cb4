//! The text on the page: CodeMirror as a view of patches. UTF-16 positions stop in this
//! folder; what an edit means is the core's knowledge.
#![allow(unreachable_pub, reason = "the component macro makes public builders of private views")]

mod authors;
mod bridge;
mod changes;
mod live;
mod offers;
mod count;
mod past;
mod units;

pub(crate) use bridge::{Options, View, bring, selected_text, selection};
pub(crate) use count::WordCount;
pub(crate) use live::{LiveEditor, Tools};
pub(crate) use offers::offer;
pub(crate) use past::PastText;
