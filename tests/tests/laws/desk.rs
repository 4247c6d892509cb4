//! People at their desks: documents that are edited and commented by commands, each with its
//! timeline. What holds of them is said elsewhere.

use std::ops::Range;

use palimpsest_core::{
    Command, CommandError, Comments, Document, DocumentId, Event, EventId, Graph, Intent, Passage,
    ReadModel, ReplicaId, Side, TextChange, Thread, Timeline, Timestamp,
};
use palimpsest_tests::graphs;
use palimpsest_tests::seeds::Random;

pub(super) const NOW: Timestamp = Timestamp(1_760_000_000_000);

/// Somebody's document and its timeline.
pub(super) struct Desk {
    pub(super) document: Document,
    pub(super) timeline: Timeline,
}

impl Desk {
    pub(super) fn new(replica: u64) -> Self {
        let author = graphs::author(ReplicaId(replica));
        let document = Document::new(DocumentId([1; 16]), ReplicaId(replica), author);
        Self { document, timeline: Timeline::new() }
    }

    pub(super) fn ask(&mut self, command: Command) -> Result<Vec<Event>, CommandError> {
        let change = self.document.execute(command, NOW)?;
        self.timeline.settle(self.document.graph());
        Ok(change.events)
    }

    pub(super) fn edit(&mut self, pos: usize, delete: usize, insert: &str) -> Vec<Event> {
        let changes = [TextChange::new(pos, delete, insert)].into();
        self.ask(Command::EditText { changes, intent: Intent::Pasted }).expect("it fits")
    }

    /// Says something about a part of the present text.
    pub(super) fn comment(
        &mut self,
        range: Range<usize>,
        text: &str,
    ) -> Result<EventId, CommandError> {
        let (graph, last) = (self.document.graph(), self.timeline.last());
        let anchor = |pos, side| self.timeline.anchor(graph, last, pos, side).expect("it stands");
        let (start, end) = (anchor(range.start, Side::Front), anchor(range.end, Side::Back));
        let said = self.ask(Command::AddComment { start, end, text: text.into() })?;
        Ok(said.last().expect("it was said").header.id)
    }

    /// What is said at the end of the timeline.
    pub(super) fn threads(&self) -> Vec<Thread> {
        let graph = self.document.graph();
        Comments::at(&self.timeline, graph, self.timeline.last()).threads(graph)
    }

    pub(super) fn passage(&self) -> Passage {
        self.threads()[0].passage.clone().expect("it is known")
    }
}

/// Some people write and comment, each on what has arrived: one op an event, so that there is
/// nothing between two revisions. Returns the events in the order of a server.
pub(super) fn talk(
    random: &mut Random,
    most: usize,
    mut letters: impl FnMut(&mut Random, usize) -> String,
) -> (Vec<Event>, Graph) {
    let mut desks: Vec<Desk> = (1..=3).map(Desk::new).collect();
    let mut events = desks[0].ask(Command::CreateDocument { title: "".into() }).expect("it is new");
    for _ in 0..random.below(most) {
        let desk = &mut desks[random.below(3)];
        desk.document.merge(events.iter().filter(|_| random.chance(70)).cloned().collect());
        desk.timeline.settle(desk.document.graph());
        if desk.document.created().is_none() {
            continue;
        }
        let (len, mut pos) =
            (desk.document.text().len(), random.below(desk.document.text().len() + 1));
        let rest = len - pos;
        match random.below(9) {
            0 if random.chance(60) => {
                // What is taken back comes as one op, unless others wrote in its midst.
                let undo = if random.chance(70) { Command::Undo } else { Command::Redo };
                events.extend(desk.ask(undo).unwrap_or_default());
            }
            0 | 1 if rest > 0 => {
                let thread = desk.comment(pos..pos + 1 + random.below(rest.min(6)), "Hm.");
                let lv =
                    desk.document.graph().lv_of(thread.expect("it is there")).expect("it is here");
                events.push(desk.document.graph().event(lv));
            }
            2 if rest > 0 => events.extend(desk.edit(pos, 1 + random.below(rest.min(5)), "")),
            3 | 4 if pos > 0 => {
                // Keys that delete, in one direction or the other.
                let back = random.chance(50);
                for _ in 0..random.below(5) {
                    pos = pos.saturating_sub(usize::from(back));
                    if pos < desk.document.text().len() {
                        events.extend(desk.edit(pos, 1, ""));
                    }
                }
            }
            5 => {
                for _ in 0..random.below(5) {
                    events.extend(desk.edit(pos, 0, &letters(random, 1)));
                    pos += 1;
                }
            }
            _ => {
                let count = 1 + random.below(5);
                events.extend(desk.edit(pos, 0, &letters(random, count)));
            }
        }
    }
    let mut graph = Graph::default();
    for event in graphs::reorder(random, &events) {
        graph.add(event);
    }
    (graphs::reorder(random, &events), graph)
}
