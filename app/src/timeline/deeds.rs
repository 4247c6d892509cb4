//! What the time machine asks of the document: to be again what it was, to take a piece of the
//! past over, to give moments names. Each is an event like any other and can be undone.

use leptos::prelude::*;
use palimpsest_core::{
    Bias, Command, EventId, Grain, Intent, Moment, Patch, Revision, TextChange, diff_by,
};

use crate::timeline::flags::{Flag, FlagKind};
use crate::timeline::machine::Machine;
use crate::words::NOTHING_TO_NAME;

/// The kind of the event that gives a moment its name.
const NAMING: &str = "VersionNamed";

impl Machine {
    /// What restoring the shown moment would do to the text of now.
    pub(crate) fn restoration(self) -> Option<(Revision, Patch)> {
        let revision = self.at().get_untracked()?;
        let then = self.desk.with_timeline(|timeline, _| timeline.text_at(revision).to_string());
        let now = self.desk.with_document(|document| document.text().to_string());
        Some((revision, diff_by(&now, &then, Grain::Phrases)))
    }

    /// Makes the document say again what it said at the shown moment, as a new edit. Returns
    /// the reason when that is refused.
    pub(crate) fn restore(self) -> Result<(), String> {
        let Some(revision) = self.at().get_untracked() else { return Ok(()) };
        let text = self.desk.with_timeline(|timeline, _| timeline.text_at(revision));
        self.desk
            .dispatch(Command::RestoreVersion { revision, text })
            .map_err(|refused| refused.to_string())?;
        self.open(None);
        Ok(())
    }

    /// Writes a piece of the shown text into the document of now: at `caret` if there is one,
    /// else at the place that corresponds to the end of the piece. Returns the reason when that
    /// is refused.
    pub(crate) fn copy_into_now(
        self,
        piece: std::ops::Range<usize>,
        caret: Option<usize>,
    ) -> Result<(), String> {
        let Some(revision) = self.shown().filter(|_| !piece.is_empty()) else { return Ok(()) };
        let (text, corresponding) = self.desk.with_timeline(|timeline, _| {
            let then = timeline.text_at(revision);
            let since = timeline.patch_between(revision, timeline.last());
            (then.slice(piece.clone()), since.map_pos(piece.end, Bias::After))
        });
        let len = self.desk.with_document(|document| document.text().len());
        let pos = caret.unwrap_or(corresponding).min(len);
        // It came from a text that was copied, as a paste does.
        let changes = [TextChange::new(pos, 0, text)].into();
        self.desk
            .dispatch(Command::EditText { changes, intent: Intent::Pasted })
            .map_err(|refused| refused.to_string())
    }

    /// Whose text the view of the past shows: of two moments the earlier one.
    pub(crate) fn shown(self) -> Option<Revision> {
        let comparing = untrack(move || self.is_comparing());
        let pair = untrack(move || self.pair()).filter(|_| comparing);
        pair.map(|(from, _)| from).or_else(|| self.at().get_untracked())
    }

    /// Gives a name to where it stands, another one if it has one. Returns the reason when that
    /// is refused.
    pub(crate) fn name(self, name: String) -> Result<(), String> {
        if self.at().get_untracked().is_none() {
            self.desk.seal();
        }
        let Some(moment) = untrack(move || self.to_name()) else {
            return Err(NOTHING_TO_NAME.to_owned());
        };
        self.rename(moment.event, name)
    }

    /// The name of where it stands, if it has one.
    pub(crate) fn name_here(self) -> Option<String> {
        let here = self.to_name()?.revision;
        let names = |flag: &&Flag| flag.kind == FlagKind::Version && flag.revision == here;
        self.flags.with(|flags| flags.iter().find(names).map(|flag| flag.label.clone()))
    }

    /// What a name given here is for. Giving names changes no text, so whoever stands behind
    /// that still stands at what was named.
    fn to_name(self) -> Option<Moment> {
        let mut revision = self.at().get().unwrap_or_else(|| self.last());
        loop {
            let moment = self.moment_at(revision)?;
            if moment.kind != NAMING || revision.0 <= 1 {
                return Some(moment);
            }
            revision.0 -= 1;
        }
    }

    /// Gives a moment another name; an empty one takes the name away.
    pub(crate) fn rename(self, moment: EventId, name: String) -> Result<(), String> {
        let command = Command::NameVersion { name, moment };
        self.desk.dispatch(command).map_err(|refused| refused.to_string())
    }
}
