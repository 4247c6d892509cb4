//! The time machine: where in the past one stands, how one gets there, and how that is
//! drawn. The text of a moment is shown by `editor`; the moments themselves are the core's.
#![allow(unreachable_pub, reason = "the component macro makes public builders of private views")]

mod axis;
pub(crate) mod authors;
mod banner;
mod card;
mod compare;
mod comparison;
mod controls;
mod deeds;
mod flags;
mod keys;
mod links;
mod machine;
mod models;
mod naming;
mod offers;
mod pace;
mod picture;
mod play;
mod restore;
mod scenery;
mod scrub;
mod ticks;
mod track;
mod waiting;

pub(crate) use banner::{Banner, PastBanner};
pub(crate) use compare::Found;
pub(crate) use controls::{TimeMachine, Unread};
pub(crate) use flags::{Flag, FlagKind};
pub(crate) use links::{Asked, Place};
pub(crate) use machine::{Machine, Panes};
pub(crate) use naming::NameForm;
pub(crate) use pace::Pace;
pub(crate) use waiting::Waiting;
