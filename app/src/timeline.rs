//! The time machine: where in the past one stands, how one gets there, and how that is
//! drawn. The text of a moment is shown by `editor`; the moments themselves are the core's.
#![allow(unreachable_pub, reason = "the component macro makes public builders of private views")]

mod banner;
mod controls;
mod keys;
mod machine;
mod naming;
mod picture;
mod ticks;
mod track;

pub(crate) use banner::Banner;
pub(crate) use controls::TimeMachine;
pub(crate) use machine::Machine;
