//! A version: the events that nobody had built on, ascending. What it contains besides is the graph's
//! to say.

use crate::content::Lv;

/// Takes out of a version, which ascends, what somebody built on. There may be thousands of heads,
/// and mostly one of them is built on.
pub(crate) fn build_on(version: &mut Vec<Lv>, parents: &[Lv]) {
    if version == parents {
        return version.clear();
    }
    for parent in parents {
        if let Ok(place) = version.binary_search(parent) {
            version.remove(place);
        }
    }
}
