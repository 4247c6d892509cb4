//! Taking back some of what was done to a text, of one person, one sitting or one paste, and
//! keeping everything else. What comes of it is a patch on the present text; who asks and what
//! becomes of the patch is not known here.
//!
//! A character of the text is what people take it for: what undo, redo, a restored version or a
//! taking back put there again is the character that went, once more. So each has a story: when
//! it was first written, who deleted it, who brought it back. Taking back some events is to tell
//! all stories without them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::content::Clamped;
use crate::event::{Intent, Revision};
use crate::graph::{Graph, Lv};
use crate::merge_state::MergeState;
use crate::patch::{Edit, Patch};
use crate::projection::timeline::Timeline;
use crate::ranges::Lvs;
use crate::text::Text;
use crate::walker::by_branch;

/// What taking back some events comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TakenBack {
    /// What it does to the present text.
    pub patch: Patch,
    /// The same, for people to read: what goes and what comes, each by itself, in the order in
    /// which it stands.
    pub parts: Vec<Edit>,
    /// How many characters go that the events wrote.
    pub removed: usize,
    /// How many come back that the events deleted.
    pub returned: usize,
    /// How many that the events wrote are gone already, by what somebody else did since.
    pub gone: usize,
    /// How many that the events deleted stay away, because somebody else deleted them too.
    pub stay_away: usize,
}

/// The work of finding that out, which can be done in parts.
///
/// # Laws
/// - Nothing that any other event wrote is removed, unless it is one that brought back what the
///   events had written.
/// - What is taken back can itself be taken back, and then the text is what it was.
/// - What was taken back once is not taken back twice.
#[derive(Clone, Debug)]
pub struct TakingBack {
    chosen: Lvs,
    /// How many events come before the first that is looked at, and what the document was.
    before: usize,
    seen: (usize, u64),
    state: MergeState,
    zone: Vec<Range<Lv>>,
    /// What is still to be laid out, the last first.
    rest: Vec<Range<Lv>>,
}

/// A character that stands or stood.
#[derive(Clone, Copy, Debug)]
struct Character {
    unit: u64,
    /// Who wrote it; `None` if that was before all that is looked at.
    by: Option<Lv>,
    letter: char,
    stands: bool,
    /// Where it stands, or would stand: how many standing characters come before it.
    pos: usize,
    /// Those who deleted it, in the list of deletions.
    deletions: (u32, u32),
    /// The one that was put there again for it, and whether it is one itself.
    again: Option<u32>,
    is_again: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Stays,
    Goes,
    Returns,
}

/// Takes back the events of some revisions at once. `None` while the past is not read.
pub fn take_back(
    timeline: &Timeline,
    graph: &Graph,
    revisions: &[Range<Revision>],
) -> Option<TakenBack> {
    let mut work = TakingBack::new(timeline, graph, revisions)?;
    while !work.go_on(graph, usize::MAX) {}
    work.finish(timeline, graph)
}

impl TakingBack {
    /// Begins. The timeline must be settled; `None` if it does not hold all events.
    pub fn new(timeline: &Timeline, graph: &Graph, revisions: &[Range<Revision>]) -> Option<Self> {
        if timeline.last().0 as usize != graph.len() {
            return None;
        }
        let mut lvs: Vec<Lv> = Vec::new();
        for revisions in revisions {
            let from = revisions.start.0.max(1);
            let to = revisions.end.0.min(timeline.last().0 + 1);
            lvs.extend((from..to).map(|number| timeline.lv_at(Revision(number))));
        }
        lvs.sort_unstable();
        lvs.dedup();
        let mut chosen: Vec<Range<Lv>> = Vec::new();
        for lv in lvs {
            match chosen.last_mut() {
                Some(last) if last.end == lv => last.end += 1,
                _ => chosen.push(lv..lv + 1),
            }
        }
        let (common, zone) = since_before(graph, &chosen);
        let mut rest = by_branch(graph, zone.clone());
        rest.reverse();
        Some(Self {
            chosen: Lvs::from(chosen),
            before: graph.len() - zone.iter().map(Range::len).sum::<usize>(),
            seen: (graph.len(), graph.content.end()),
            state: MergeState::new(common),
            zone,
            rest,
        })
    }

    /// Looks at about that many events more; `true` when there are none left, or when the
    /// document went on meanwhile, so that [`TakingBack::finish`] will say nothing.
    pub fn go_on(&mut self, graph: &Graph, events: usize) -> bool {
        if self.seen != (graph.len(), graph.content.end()) {
            return true;
        }
        let mut left = events;
        while let Some(next) = self.rest.last_mut().filter(|_| left > 0) {
            let end = next.end.min(next.start.saturating_add(left));
            let now = next.start..end;
            left -= now.len();
            next.start = end;
            if next.start >= next.end {
                self.rest.pop();
            }
            self.state.apply_all(graph, &[now], &mut Clamped::new(), &mut |_| {});
        }
        self.rest.is_empty()
    }

    /// Says what it comes to. `None` if the document went on meanwhile: begin again.
    pub fn finish(mut self, timeline: &Timeline, graph: &Graph) -> Option<TakenBack> {
        if self.seen != (graph.len(), graph.content.end()) || !self.rest.is_empty() {
            return None;
        }
        self.state.set_len(timeline.text_at(timeline.last()).len());
        // All that the version knows, from which the characters are laid out, comes before all
        // else in any order that respects causes.
        let start = timeline.text_at(Revision(self.before as u64));
        let mut stories = Stories::of(graph, &mut self.state, &self.zone, &start);
        stories.find_again(graph);
        Some(stories.without(graph, &self.chosen))
    }
}

/// All characters in question, with what became of them.
struct Stories {
    characters: Vec<Character>,
    /// Who deleted them, in the order of the characters' units.
    deletions: Vec<(u64, Lv)>,
    reasons: Reasons,
}

impl Stories {
    fn of(graph: &Graph, state: &mut MergeState, zone: &[Range<Lv>], start: &Text) -> Self {
        let lv_of = |unit| graph.content.lv_of_unit(unit);
        let mut deletions: Vec<(u64, Lv)> =
            state.deletions().map(|(by, unit)| (unit, lv_of(by))).collect();
        deletions.sort_unstable();
        let mut characters: Vec<Character> = Vec::new();
        let mut pos = 0;
        for span in state.characters() {
            let place = MergeState::place_at_start(span.unit);
            if place.is_some() && !span.deleted {
                // Nothing ever happened to these.
                pos += span.len;
                continue;
            }
            let before = place.map(|place| start.slice(place..place + span.len));
            let mut letters = before.as_deref().unwrap_or_default().chars();
            for nth in 0..span.len as u64 {
                characters.push(Character {
                    unit: span.unit + nth,
                    by: None,
                    letter: letters.next().unwrap_or_default(),
                    stands: !span.deleted,
                    pos,
                    deletions: (0, 0),
                    again: None,
                    is_again: false,
                });
                pos += usize::from(!span.deleted);
            }
        }
        let reasons = Reasons::of(graph);
        let mut stories = Self { characters, deletions, reasons };
        stories.name(graph, zone);
        stories
    }

    /// Finds out who wrote each character and who deleted it.
    fn name(&mut self, graph: &Graph, zone: &[Range<Lv>]) {
        let mut order: Vec<u32> = (0..self.characters.len() as u32).collect();
        order.sort_unstable_by_key(|&at| self.characters[at as usize].unit);
        let mut deleted = 0;
        for &at in &order {
            let character = &mut self.characters[at as usize];
            let passed = |&(unit, _): &(u64, Lv)| unit < character.unit;
            deleted += self.deletions[deleted..].iter().take_while(|one| passed(one)).count();
            let own = self.deletions[deleted..].iter();
            let own = own.take_while(|&&(unit, _)| unit == character.unit).count();
            character.deletions = (deleted as u32, (deleted + own) as u32);
        }
        let mut order = order.into_iter().peekable();
        let nothing_cut = Clamped::new();
        let pieces = zone.iter().flat_map(|events| {
            graph.content.pieces(events.clone(), &nothing_cut).filter(|piece| piece.run.inserts())
        });
        for piece in pieces {
            let text = graph.content.text(&piece.run);
            for (nth, letter) in (0..).zip(text.chars()) {
                let unit = piece.unit + nth;
                let first = piece.run.first as usize;
                let by = if piece.run.events > 1 { first + nth as usize } else { first };
                while let Some(at) = order.peek().copied()
                    && let character = &mut self.characters[at as usize]
                    && character.unit <= unit
                {
                    if character.unit == unit {
                        (character.by, character.letter) = (Some(by), letter);
                    }
                    order.next();
                }
            }
        }
    }

    fn deleted_by(&self, at: usize) -> impl Iterator<Item = Lv> {
        let (from, to) = self.characters[at].deletions;
        self.deletions[from as usize..to as usize].iter().map(|&(_, lv)| lv)
    }

    /// Finds what was put there again by taking something back.
    fn find_again(&mut self, graph: &Graph) {
        let mut brought: BTreeMap<Lv, Vec<usize>> = BTreeMap::new();
        for (at, character) in self.characters.iter().enumerate() {
            if let Some(by) = character.by.filter(|&by| self.reasons.bring_back.contains(by)) {
                brought.entry(by).or_default().push(at);
            }
        }
        let causes: BTreeSet<Lv> =
            brought.keys().filter_map(|&by| self.reasons.cause_of(graph, by)).collect();
        let mut taken: BTreeMap<Lv, Vec<usize>> = BTreeMap::new();
        for at in 0..self.characters.len() {
            for by in self.deleted_by(at).filter(|by| causes.contains(by)) {
                taken.entry(by).or_default().push(at);
            }
        }
        // In their order, since what was brought back can go and be brought back again.
        for (by, new) in brought {
            let old = self.reasons.cause_of(graph, by).and_then(|cause| taken.get(&cause));
            match old {
                Some(old) if self.letters(old) == self.letters(&new) => self.link(old, &new),
                Some(_) | None => self.find_beside(graph, by, &new),
            }
        }
    }

    /// The same where the event does not say what it takes back: the same letters, in the place
    /// where they had been.
    fn find_beside(&mut self, graph: &Graph, by: Lv, all: &[usize]) {
        let knows = |lv: Lv| lv < by && graph.version_contains(&[by], lv);
        let mut found_until = 0;
        for &from in all {
            if from < found_until {
                continue;
            }
            let (mut new, mut old) = (Vec::new(), Vec::new());
            let mut pos = self.characters[from].pos;
            for (at, character) in self.characters.iter().enumerate().skip(from) {
                if character.pos != pos {
                    // Between them something has always stood.
                    break;
                }
                pos += usize::from(character.stands);
                if character.by == Some(by) {
                    new.push(at);
                    found_until = at + 1;
                } else if character.by.is_none_or(knows) {
                    let known = self.deleted_by(at).any(knows);
                    if known && character.again.is_none() {
                        old.push(at);
                    } else if !known && self.deleted_by(at).all(|lv| lv != by) {
                        // This one stood between them.
                        break;
                    }
                }
            }
            if let Some(found) = matching(&self.letters(&old), &self.letters(&new)) {
                let found: Vec<usize> = found.into_iter().map(|at| old[at]).collect();
                self.link(&found, &new);
            }
        }
    }

    fn letters(&self, places: &[usize]) -> Vec<char> {
        places.iter().map(|&at| self.characters[at].letter).collect()
    }

    fn link(&mut self, old: &[usize], new: &[usize]) {
        for (&old, &new) in old.iter().zip(new) {
            // What two brought back at once is there twice, and a story of its own.
            if self.characters[old].again.is_none() {
                self.characters[old].again = Some(new as u32);
                self.characters[new].is_again = true;
            }
        }
    }

    /// A character and those that were put there again for it.
    fn incarnations(&self, first: usize) -> impl Iterator<Item = usize> {
        let again = |&at: &usize| self.characters[at].again.map(|at| at as usize);
        std::iter::successors(Some(first), again)
    }

    /// Tells all stories without some events.
    fn without(&self, graph: &Graph, chosen: &Lvs) -> TakenBack {
        let mut fates = vec![Fate::Stays; self.characters.len()];
        let (mut gone, mut stay_away) = (0, 0);
        let is_chosen = |lv: Lv| self.reasons.is_chosen(graph, chosen, lv);
        for (first, character) in self.characters.iter().enumerate() {
            if character.is_again {
                continue;
            }
            let stands = self.incarnations(first).any(|at| self.characters[at].stands);
            let would_stand = self.would_stand(graph, first, is_chosen);
            let last = self.incarnations(first).last().unwrap_or(first);
            let mut deleters = self.incarnations(first).flat_map(|at| self.deleted_by(at));
            match (stands, would_stand) {
                (true, false) => {
                    let standing =
                        self.incarnations(first).filter(|&at| self.characters[at].stands);
                    standing.for_each(|at| fates[at] = Fate::Goes);
                }
                (false, true) => fates[last] = Fate::Returns,
                (false, false) if character.by.is_some_and(is_chosen) => {
                    gone += usize::from(!self.deleted_by(last).any(is_chosen));
                }
                (false, false) => stay_away += usize::from(deleters.any(is_chosen)),
                (true, true) => {}
            }
        }
        let count = |fate| fates.iter().filter(|&&one| one == fate).count();
        let parts = self.parts(&fates);
        TakenBack {
            removed: count(Fate::Goes),
            returned: count(Fate::Returns),
            gone,
            stay_away,
            patch: Patch::from_edits(parts.iter().cloned()).expect("characters come in order"),
            parts,
        }
    }

    /// Whether a character would stand if the chosen events had never been.
    fn would_stand(&self, graph: &Graph, first: usize, is_chosen: impl Fn(Lv) -> bool) -> bool {
        let written = self.characters[first].by.is_some_and(&is_chosen);
        // Whether it would right after it was brought in, and after it was deleted.
        let (mut brought, mut stands) = (!written, !written);
        for at in self.incarnations(first) {
            let by = self.characters[at].by;
            let others = |lv: &Lv| !is_chosen(*lv);
            // Its bringing in may itself have been taken back: then it never was.
            let void = |lv: Lv| by.is_some() && self.reasons.cause_of(graph, lv) == by;
            let is_void = at != first && self.deleted_by(at).filter(others).any(void);
            if !is_void {
                stands = brought && !self.deleted_by(at).any(|lv| others(&lv));
            }
            let next = self.characters[at].again.map(|next| self.characters[next as usize]);
            let Some(by) = next.and_then(|next| next.by) else { continue };
            brought = match self.reasons.cause_of(graph, by) {
                _ if is_chosen(by) => stands,
                // It brings back what that deletion would have found.
                Some(undone) if self.deleted_by(at).any(|lv| lv == undone) => brought,
                Some(_) | None => !written,
            };
        }
        stands
    }

    fn parts(&self, fates: &[Fate]) -> Vec<Edit> {
        let mut parts: Vec<(Fate, usize, String)> = Vec::new();
        let mut end = 0;
        for (character, &fate) in self.characters.iter().zip(fates) {
            if fate == Fate::Stays {
                continue;
            }
            match parts.last_mut() {
                Some((last, _, text)) if *last == fate && end == character.pos => {
                    text.push(character.letter);
                }
                _ => parts.push((fate, character.pos, character.letter.into())),
            }
            end = character.pos + usize::from(fate == Fate::Goes);
        }
        let edit = |(fate, pos, text): (Fate, usize, String)| match fate {
            Fate::Goes => Edit { pos, deleted: text.into(), inserted: "".into() },
            Fate::Stays | Fate::Returns => Edit { pos, deleted: "".into(), inserted: text.into() },
        };
        parts.into_iter().map(edit).collect()
    }
}

/// The last version that all of some events were made on or after, and everything since.
fn since_before(graph: &Graph, events: &[Range<Lv>]) -> (Vec<Lv>, Vec<Range<Lv>>) {
    let mut bases: Vec<Range<Lv>> = Vec::new();
    for events in events {
        let mut start = events.start;
        while start < events.end {
            let parents = graph.parents(start);
            if parents.is_empty() {
                return (Vec::new(), std::iter::once(0..graph.len()).collect());
            }
            for &base in parents.iter() {
                // What is straight below one that is there is after it.
                let known =
                    |last: &Range<Lv>| last.start <= base && base < graph.straight_end(last.start);
                if !bases.last().is_some_and(known) {
                    bases.push(base..base + 1);
                }
            }
            start = graph.straight_end(start);
        }
    }
    graph.conflict(graph.frontier(), &bases)
}

/// Which events take something back: few, and asked for at every character.
struct Reasons {
    /// Those that put there again what was there.
    bring_back: Lvs,
    /// Undo and redo.
    take_back: Lvs,
    redo: Lvs,
}

impl Reasons {
    fn of(graph: &Graph) -> Self {
        let all: Vec<_> = graph.headers().intents_of(0..graph.len()).collect();
        let those = |wanted: fn(Intent) -> bool| {
            let mut found: Vec<Range<Lv>> = Vec::new();
            for (events, _) in all.iter().filter(|(_, intent)| wanted(*intent)) {
                match found.last_mut() {
                    Some(last) if last.end == events.start => last.end = events.end,
                    _ => found.push(events.clone()),
                }
            }
            Lvs::from(found)
        };
        Self {
            bring_back: those(|intent| {
                matches!(intent, Intent::Undone | Intent::Redone | Intent::Restored(_))
            }),
            take_back: those(|intent| matches!(intent, Intent::Undone | Intent::Redone)),
            redo: those(|intent| intent == Intent::Redone),
        }
    }

    /// The event that an undo or redo takes back.
    fn cause_of(&self, graph: &Graph, lv: Lv) -> Option<Lv> {
        let cause = self.take_back.contains(lv).then(|| graph.header(lv).causation);
        cause.flatten().and_then(|cause| graph.lv_of(cause))
    }

    /// Whether an event is to be taken back: a redo is, if what it does again is.
    fn is_chosen(&self, graph: &Graph, chosen: &Lvs, mut lv: Lv) -> bool {
        loop {
            if chosen.contains(lv) {
                return true;
            }
            if !self.redo.contains(lv) {
                return false;
            }
            // What strangers wrote may go in circles.
            let cause = |lv: Lv| self.cause_of(graph, lv).filter(|&cause| cause < lv);
            let Some(before) = cause(lv).and_then(cause) else { return false };
            lv = before;
        }
    }
}

/// Where some letters stand among others: in one piece, at the latest such place, or else one
/// after the other.
fn matching(among: &[char], wanted: &[char]) -> Option<Vec<usize>> {
    if wanted.is_empty() || wanted.len() > among.len() {
        return None;
    }
    let whole = among.windows(wanted.len()).rposition(|window| window == wanted);
    if let Some(start) = whole {
        return Some((start..start + wanted.len()).collect());
    }
    let mut found = Vec::with_capacity(wanted.len());
    for (at, letter) in among.iter().enumerate() {
        if wanted.get(found.len()) == Some(letter) {
            found.push(at);
        }
    }
    (found.len() == wanted.len()).then_some(found)
}
