//! The list of documents: as a page of its own and as the side bar beside a document. What
//! is in the list is the workspace's knowledge.
#![allow(unreachable_pub, reason = "the component macro makes public builders of private views")]

mod import;
mod moving;
mod order;
mod page;
mod rename;
mod row;
mod search;
mod sidebar;
mod spark;
mod takeout;
mod zip;

pub(crate) use page::LibraryPage;
pub(crate) use row::put_away;
pub(crate) use search::Wanted;
pub(crate) use sidebar::SideBar;
