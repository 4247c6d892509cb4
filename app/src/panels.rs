//! What appears above the page: dialogs, menus, toasts, and the signs on buttons. What they
//! ask or tell is decided where they are used.
#![allow(unreachable_pub, reason = "the component macro makes public builders of private views")]

pub(crate) mod dialog;
pub(crate) mod focus;
pub(crate) mod links;
pub(crate) mod menu;
pub(crate) mod palette;
pub(crate) mod profile;
pub(crate) mod reload;
pub(crate) mod share;
pub(crate) mod shortcuts;
pub(crate) mod signs;
pub(crate) mod theme;
pub(crate) mod toast;
