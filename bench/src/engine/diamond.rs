//! diamond-types 1.0.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diamond_types::list::encoding::{ENCODE_FULL, ENCODE_PATCH, EncodeOptions};
use diamond_types::list::{Branch, ListCRDT};
use diamond_types::{AgentId, LocalVersion};

use super::Engine;
use crate::history::{Concurrent, Splice};

/// diamond-types.
#[derive(Debug)]
pub enum Diamond {}

/// A list and who writes in it.
#[derive(Debug)]
pub struct Replica {
    list: ListCRDT,
    agent: AgentId,
    sent: LocalVersion,
}

fn replica(mut list: ListCRDT, agent: u64) -> Replica {
    // Names that sort like the numbers: they decide between concurrent inserts.
    let agent = list.get_or_create_agent_id(&format!("agent{agent:06}"));
    let sent = list.oplog.local_version();
    Replica { list, agent, sent }
}

impl Engine for Diamond {
    const NAME: &'static str = "diamond-types 1.0";
    const KEEPS_AUTHORS_AND_TIMES: bool = false;
    type Replica = Replica;
    type Version = LocalVersion;

    fn new(agent: u64) -> Replica {
        replica(ListCRDT::new(), agent)
    }

    fn edit(Replica { list, agent, .. }: &mut Replica, splice: &Splice) {
        let (pos, deleted) = (splice.pos.scalars, splice.deleted.scalars);
        if deleted > 0 {
            list.delete_without_content(*agent, pos..pos + deleted);
        }
        if !splice.inserted.is_empty() {
            list.insert(*agent, pos, &splice.inserted);
        }
    }

    fn recorded(history: &Concurrent) -> Option<Replica> {
        let mut replica = replica(ListCRDT::new(), 9_999_999);
        let ListCRDT { branch, oplog } = &mut replica.list;
        // Each branch of an agent has a name of its own, and its last step.
        let mut names: Vec<(usize, AgentId, usize)> = Vec::new();
        // The version after each step.
        let mut versions: Vec<LocalVersion> = Vec::new();
        for (nth, step) in history.steps.iter().enumerate() {
            let goes_on = |(agent, _, last): &(usize, AgentId, usize)| {
                *agent == step.agent && step.parents.contains(last)
            };
            let name = names.iter().position(goes_on).unwrap_or_else(|| {
                let name = format!("agent{:06}", step.agent * 10_000 + names.len());
                names.push((step.agent, oplog.get_or_create_agent_id(&name), nth));
                names.len() - 1
            });
            names[name].2 = nth;
            let agent = names[name].1;
            let parents = step.parents.iter().flat_map(|&parent| versions[parent].iter().copied());
            let mut version: LocalVersion = parents.collect();
            version.sort_unstable();
            version.dedup();
            for (pos, deleted, inserted) in &step.splices {
                if *deleted > 0 {
                    let range = *pos..pos + deleted;
                    let last = oplog.add_delete_at(agent, &version, range);
                    version = [last].into_iter().collect();
                }
                if !inserted.is_empty() {
                    let last = oplog.add_insert_at(agent, &version, *pos, inserted);
                    version = [last].into_iter().collect();
                }
            }
            versions.push(version);
        }
        // git-makefile is more than it can merge: an assertion of its own fails.
        let merged = AssertUnwindSafe(|| branch.merge(oplog, oplog.local_version_ref()));
        catch_unwind(merged).ok()?;
        replica.sent = replica.list.oplog.local_version();
        Some(replica)
    }

    fn text(replica: &Replica) -> String {
        replica.list.branch.content().to_string()
    }

    fn news(replica: &mut Replica) -> Vec<u8> {
        let news = replica.list.oplog.encode_from(ENCODE_PATCH, &replica.sent);
        replica.sent = replica.list.oplog.local_version();
        news
    }

    fn receive(replica: &mut Replica, news: &[u8]) {
        replica.list.merge_data_and_ff(news).expect("its own bytes");
        replica.sent = replica.list.oplog.local_version();
    }

    fn receive_all(replica: &mut Replica, news: &[&[u8]]) {
        let ListCRDT { branch, oplog } = &mut replica.list;
        for news in news {
            oplog.decode_and_add(news).expect("its own bytes");
        }
        branch.merge(oplog, oplog.local_version_ref());
        replica.sent = oplog.local_version();
    }

    fn save(replica: &mut Replica) -> Vec<u8> {
        let smallest = EncodeOptions { store_start_branch_content: false, ..ENCODE_FULL };
        replica.list.oplog.encode(smallest)
    }

    fn load(bytes: &[u8], agent: u64) -> Replica {
        replica(ListCRDT::load_from(bytes).expect("its own bytes"), agent)
    }

    fn version(replica: &mut Replica) -> LocalVersion {
        replica.list.oplog.local_version()
    }

    fn text_at(replica: &mut Replica, version: &LocalVersion) -> Option<String> {
        let branch = Branch::new_at_local_version(&replica.list.oplog, version);
        Some(branch.content().to_string())
    }
}
