//! What people do: they type, paste, delete, undo, rename, put away, name moments and restore
//! old ones. Everything goes through commands; nothing here touches the network.

use palimpsest_core::{Command, CommandError, Intent, Revision, TextChange};

use super::Nature;
use super::device::App;
use crate::graphs::Letters;

/// What somebody at this app does next, and how long they then pause.
pub(super) fn step(nature: &mut Nature, app: &mut App, letters: &mut Letters) -> (Command, i64) {
    let len = app.document.text().len();
    let random = &mut nature.random;
    let edit = |changes, intent| Command::EditText { changes, intent };
    let command = match random.below(100) {
        0..55 => {
            // Most keys go where the last one went.
            if random.chance(15) {
                app.caret = random.below(len + 1);
            }
            let pos = app.caret.min(len);
            app.caret = pos;
            let change = if random.chance(20) && pos > 0 {
                TextChange::new(pos - 1, 1, "")
            } else {
                TextChange::new(pos, 0, letters.next(1))
            };
            return (edit([change].into(), Intent::Typed), random.within(20..=450));
        }
        55..67 => {
            let pos = random.below(len + 1);
            let count = 1 + random.below(8);
            edit([TextChange::new(pos, 0, letters.next(count))].into(), Intent::Pasted)
        }
        67..75 => {
            let pos = random.below(len + 1);
            let delete = (1 + random.below(6)).min(len - pos);
            edit([TextChange::new(pos, delete, "")].into(), Intent::Typed)
        }
        75..84 => Command::Undo,
        84..89 => Command::Redo,
        89..92 => Command::ChangeTitle { title: format!("Title {}", random.below(1_000)) },
        92..95 => match app.document.frontier().first() {
            Some(&moment) => {
                Command::NameVersion { name: format!("Draft {}", random.below(9)), moment }
            }
            None => Command::Undo,
        },
        95..97 => {
            let revision = Revision(random.below(app.timeline.head().0 as usize + 1) as u64);
            Command::RestoreVersion { revision, text: app.timeline.text_at(revision) }
        }
        _ if app.document.archived() => Command::RestoreDocument,
        _ => Command::ArchiveDocument,
    };
    (command, random.within(50..=2_500))
}

/// Whether a command may be refused for this reason in a healthy world.
pub(super) fn may_be_refused(error: &CommandError) -> bool {
    match error {
        CommandError::NotCreated
        | CommandError::Archived
        | CommandError::NothingToRestore
        | CommandError::NothingToUndo
        | CommandError::NothingToRedo => true,
        CommandError::AlreadyCreated
        | CommandError::NotArchived
        | CommandError::OutOfRange { .. }
        | CommandError::TooLong { .. }
        | CommandError::TextTooLong { .. }
        | CommandError::UnknownMoment => false,
    }
}

/// The first command of every document.
pub(super) fn create() -> Command {
    Command::CreateDocument { title: "Minutes".into() }
}
