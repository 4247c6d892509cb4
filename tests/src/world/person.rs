//! What people do: they type, paste, delete, undo, rename, put away, comment, name moments and
//! restore old ones. Everything goes through commands; nothing here touches the network.

use palimpsest_core::{
    Command, CommandError, Comments, Intent, ReadModel, Revision, Side, TextChange,
};

use super::Nature;
use super::device::App;
use crate::graphs::Letters;
use crate::seeds::Random;

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
        89 | 90 => comment(random, app),
        91 => Command::ChangeTitle { title: format!("Title {}", random.below(1_000)) },
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

/// Something about what the server has ordered: on a part of the text, or in a thread.
fn comment(random: &mut Random, app: &App) -> Command {
    let (timeline, graph, head) = (&app.timeline, app.document.graph(), app.timeline.head());
    let threads = Comments::at(timeline, graph, head).threads(graph);
    let text = format!("Remark {}", random.below(1_000));
    if threads.is_empty() || random.chance(40) {
        let pos = random.below(timeline.text_at(head).len());
        let start = timeline.anchor(graph, head, pos, Side::Front);
        let end = timeline.anchor(graph, head, pos + 1 + random.below(9), Side::Back);
        return match start.zip(end) {
            Some((start, end)) => Command::AddComment { start, end, text },
            None => Command::Undo,
        };
    }
    let thread = random.pick(&threads);
    let (comment, thread) = (random.pick(&thread.comments).id, thread.id);
    match random.below(5) {
        0 => Command::EditComment { comment, text },
        1 => Command::DeleteComment { comment },
        2 => Command::ResolveComment { thread },
        3 => Command::ReopenComment { thread },
        _ => Command::ReplyToComment { thread, text },
    }
}

/// Whether a command may be refused for this reason in a healthy world.
pub(super) fn may_be_refused(error: &CommandError) -> bool {
    match error {
        CommandError::NotCreated
        | CommandError::Archived
        | CommandError::NothingToRestore
        | CommandError::NothingToUndo
        | CommandError::NothingToRedo
        | CommandError::UnknownComment
        | CommandError::NotYourComment => true,
        CommandError::NotAllowed(_)
        | CommandError::AlreadyCreated
        | CommandError::NotArchived
        | CommandError::OutOfRange { .. }
        | CommandError::TooLong { .. }
        | CommandError::TextTooLong { .. }
        | CommandError::UnknownMoment
        | CommandError::UnknownPassage
        | CommandError::NothingSaid => false,
    }
}

/// The first command of every document.
pub(super) fn create() -> Command {
    Command::CreateDocument { title: "Minutes".into() }
}
