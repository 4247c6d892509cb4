//! What people say about passages of the text: underlined there, on cards beside it, and in the
//! panel. Where passages are and who may say what is the core's knowledge.
#![allow(unreachable_pub, reason = "the component macro makes public builders of private views")]

mod bridge;
mod card;
mod keys;
mod mention;
mod rail;
mod say;
mod talk;

pub(crate) use bridge::Sheet;
pub(crate) use card::{Card, DraftCard};
pub(crate) use keys::offer;
pub(crate) use rail::{Cards, Rails};
pub(crate) use talk::{Place, Talk};
