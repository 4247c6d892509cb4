//! The transactions of an editing trace, whatever their format, as steps: each becomes one
//! event, after earlier steps. Making the events is `trace`'s matter.

use std::collections::{BTreeMap, BTreeSet};

use palimpsest_core::Timestamp;
use palimpsest_core::codec::json::timestamp_from_rfc3339;
use serde::Deserialize;

use super::trace::TraceError;

/// What becomes one event.
#[derive(Debug)]
pub struct Step {
    /// Whose it is: an index into the agents.
    pub agent: usize,
    /// Indexes of earlier steps.
    pub parents: Vec<usize>,
    /// When it was made, if the trace says so.
    pub time: Option<Timestamp>,
    /// What it did, one splice after the other.
    pub splices: Vec<Splice>,
}

#[derive(Deserialize)]
pub(super) struct Transaction {
    pub(super) time: Option<String>,
    pub(super) parents: Option<Vec<u64>>,
    pub(super) agent: Option<Agent>,
    pub(super) span: Option<(u64, u64)>,
    #[serde(rename = "seqStart")]
    pub(super) seq_start: Option<u64>,
    #[serde(alias = "ops")]
    pub(super) patches: Vec<Splice>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
pub(super) enum Agent {
    Number(u64),
    Name(String),
}

/// At `.0`, `.1` scalars are deleted, then `.2` is inserted.
#[derive(Clone, Debug, Deserialize)]
pub struct Splice(pub usize, pub usize, pub String);

/// The greatest position and length that a log can hold.
const PLACE_MAX: usize = u32::MAX as usize / 2;

/// Whether a log can say what the transactions did.
pub(super) fn check(transactions: &[Transaction]) -> Result<(), TraceError> {
    let is_far = |splice: &Splice| splice.0.max(splice.1) > PLACE_MAX;
    match transactions.iter().position(|it| it.patches.iter().any(is_far)) {
        Some(nth) => Err(broken(nth, format!("it is about a character beyond {PLACE_MAX}"))),
        None => Ok(()),
    }
}

/// Sequential and concurrent traces: a transaction is a step.
pub(super) fn steps_by_transaction(
    transactions: &[Transaction],
    agent_of: impl Fn(&Transaction) -> usize,
) -> Result<Vec<Step>, TraceError> {
    let mut steps = Vec::with_capacity(transactions.len());
    for (nth, transaction) in transactions.iter().enumerate() {
        let parents = match &transaction.parents {
            Some(parents) => {
                let earlier = |&parent: &u64| {
                    usize::try_from(parent).ok().filter(|parent| *parent < nth).ok_or_else(|| {
                        broken(nth, format!("its parent {parent} is not an earlier transaction"))
                    })
                };
                parents.iter().map(earlier).collect::<Result<_, _>>()?
            }
            None => nth.checked_sub(1).into_iter().collect(),
        };
        steps.push(Step {
            agent: agent_of(transaction),
            parents,
            time: time(nth, transaction)?,
            splices: transaction.patches.clone(),
        });
    }
    Ok(steps)
}

/// Conformance traces: a transaction is a step, or several if one of its characters but the
/// last is a parent.
pub(super) fn steps_by_character(
    transactions: &[Transaction],
    agent_of: impl Fn(&Transaction) -> usize,
) -> Result<Vec<Step>, TraceError> {
    let parents_of = |t: &Transaction| t.parents.clone().unwrap_or_default();
    let cuts: BTreeSet<u64> =
        transactions.iter().flat_map(parents_of).map(|parent| parent.saturating_add(1)).collect();
    let mut steps: Vec<Step> = Vec::with_capacity(transactions.len());
    // The step that ends right before a character's number.
    let mut ending: BTreeMap<u64, usize> = BTreeMap::new();
    // Where each step stands among its agent's own.
    let mut seqs: Vec<u64> = Vec::with_capacity(transactions.len());
    let mut next = 0;
    for (nth, transaction) in transactions.iter().enumerate() {
        let (start, end) =
            transaction.span.ok_or_else(|| broken(nth, "it has no span".to_owned()))?;
        // Each is bounded by `check`, and there are no more of them than the file has bytes.
        let length: usize = transaction.patches.iter().map(Splice::len).sum();
        if start != next || end.checked_sub(start) != Some(length as u64) || length == 0 {
            return Err(broken(nth, format!("its span {start}..{end} does not fit its ops")));
        }
        next = end;
        let parent = |parent: u64| {
            let step = ending.get(&parent.saturating_add(1)).copied();
            step.ok_or_else(|| {
                broken(nth, format!("its parent {parent} is not an earlier character"))
            })
        };
        let mut parents: Vec<usize> =
            parents_of(transaction).into_iter().map(parent).collect::<Result<_, _>>()?;
        let mut rest = Rest { begun: None, behind: transaction.patches.iter() };
        let mut from = start;
        let ends = cuts.range(start + 1..end).copied().chain([end]);
        for until in ends.collect::<Vec<_>>() {
            let splices = rest.take((until - from) as usize);
            let time = time(nth, transaction)?;
            ending.insert(until, steps.len());
            let piece = Step { agent: agent_of(transaction), parents, time, splices };
            parents = vec![steps.len()];
            steps.push(piece);
            seqs.push(transaction.seq_start.unwrap_or(start).saturating_add(from - start));
            from = until;
        }
    }
    in_order_of_agents(steps, &seqs)
}

/// Puts the steps into an order in which each comes after its parents and after its agent's
/// steps of lower `seq`; where that leaves a choice, the file's order stays.
fn in_order_of_agents(steps: Vec<Step>, seqs: &[u64]) -> Result<Vec<Step>, TraceError> {
    let mut before: Vec<BTreeSet<usize>> =
        steps.iter().map(|step| step.parents.iter().copied().collect()).collect();
    let mut by_agent: Vec<usize> = (0..steps.len()).collect();
    by_agent.sort_by_key(|&nth| (steps[nth].agent, seqs[nth]));
    for pair in by_agent.windows(2) {
        if steps[pair[0]].agent == steps[pair[1]].agent {
            before[pair[1]].insert(pair[0]);
        }
    }
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (nth, causes) in before.iter().enumerate() {
        causes.iter().for_each(|&cause| after[cause].push(nth));
    }
    let mut waiting: Vec<usize> = before.iter().map(BTreeSet::len).collect();
    let mut ready: BTreeSet<usize> = (0..steps.len()).filter(|&nth| waiting[nth] == 0).collect();
    let mut place = vec![usize::MAX; steps.len()];
    let mut order = Vec::with_capacity(steps.len());
    while let Some(nth) = ready.pop_first() {
        place[nth] = order.len();
        order.push(nth);
        for &next in &after[nth] {
            waiting[next] -= 1;
            if waiting[next] == 0 {
                ready.insert(next);
            }
        }
    }
    if let Some(stuck) = place.iter().position(|place| *place == usize::MAX) {
        return Err(broken(stuck, "its agent's seqStart runs against its parents".to_owned()));
    }
    let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let ordered = order.iter().map(|&nth| {
        let mut step = steps[nth].take().expect("each step is placed once");
        step.parents.iter_mut().for_each(|parent| *parent = place[*parent]);
        step
    });
    Ok(ordered.collect())
}

/// What is left of a transaction's splices.
struct Rest<'t> {
    /// What is left of one that was cut: where, how much it deletes, what it inserts.
    begun: Option<(usize, usize, &'t str)>,
    behind: std::slice::Iter<'t, Splice>,
}

impl Rest<'_> {
    /// Takes as much from the front as deletes and inserts `count` characters.
    fn take(&mut self, mut count: usize) -> Vec<Splice> {
        let mut taken = Vec::new();
        while count > 0 {
            let next = || self.behind.next().map(|splice| (splice.0, splice.1, &*splice.2));
            let Some((pos, deleted, inserted)) = self.begun.take().or_else(next) else { break };
            let deleted_now = count.min(deleted);
            let (inserted_now, rest) = split(inserted, count - deleted_now);
            let scalars = inserted_now.chars().count();
            count -= deleted_now + scalars;
            taken.push(Splice(pos, deleted_now, inserted_now.to_owned()));
            if deleted_now < deleted || !rest.is_empty() {
                self.begun = Some((pos + scalars, deleted - deleted_now, rest));
            }
        }
        taken
    }
}

/// The first so many scalars of a text, or all of it, and the rest.
fn split(text: &str, scalars: usize) -> (&str, &str) {
    let end = text.char_indices().nth(scalars).map_or(text.len(), |(end, _)| end);
    text.split_at(end)
}

impl Splice {
    /// How many characters it deletes and inserts.
    fn len(&self) -> usize {
        self.1 + self.2.chars().count()
    }
}

fn time(nth: usize, transaction: &Transaction) -> Result<Option<Timestamp>, TraceError> {
    let Some(text) = &transaction.time else { return Ok(None) };
    let time = timestamp_from_rfc3339(text);
    time.map(Some).ok_or_else(|| broken(nth, format!("{text} is no time")))
}

fn broken(transaction: usize, why: String) -> TraceError {
    TraceError::Broken { transaction, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splices_are_cut_inside_deletes_and_inserts() {
        let splices = [Splice(4, 2, "xyz".into()), Splice(9, 0, String::new())];
        let mut rest = Rest { begun: None, behind: splices.iter() };
        let cuts: Vec<_> = (0..3).flat_map(|_| rest.take(1)).collect();
        let cuts: Vec<_> = cuts.iter().map(|s| (s.0, s.1, s.2.as_str())).collect();
        assert_eq!(cuts, [(4, 1, ""), (4, 1, ""), (4, 0, "x")]);
        let last: Vec<_> = rest.take(9).into_iter().map(|s| (s.0, s.1, s.2)).collect();
        assert_eq!(last, [(5, 0, "yz".to_owned()), (9, 0, String::new())]);
    }
}
