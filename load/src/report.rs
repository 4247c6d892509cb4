//! What was measured, for people and for programs, and whether the log came out right.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{PARTS, Told};
use crate::plan::Plan;
use crate::samples::{Samples, Spread};
use crate::slow::Fate;

const KIB: f64 = 1024.0;

/// One part of a measurement.
#[derive(Clone, Default, Debug)]
pub(crate) struct Part {
    pub(crate) took: Duration,
    /// How many processors the server kept busy.
    pub(crate) cpu: f64,
    /// How many this program kept busy.
    pub(crate) cpu_own: f64,
    /// The server's resident memory at the end, in bytes.
    pub(crate) memory: u64,
    /// The most it ever was.
    pub(crate) memory_max: u64,
    pub(crate) acked: usize,
    pub(crate) acks: Option<Spread>,
    pub(crate) relays: Option<Spread>,
}

/// Everything about one run.
#[derive(Clone, Default, Debug)]
pub(crate) struct Report {
    clients: usize,
    documents: usize,
    every: u64,
    slow: usize,
    /// The machine's load before it began, as the system says it.
    pub(crate) load: String,
    /// How long all clients took to be welcomed.
    pub(crate) gathered: Duration,
    /// The server's memory before anybody came, in bytes.
    pub(crate) empty: u64,
    pub(crate) parts: Vec<Part>,
    /// How long the server took to stop and to start again.
    pub(crate) down: Option<Duration>,
    /// How long after it was told to stop everybody was caught up.
    pub(crate) back: Option<Duration>,
    /// How long what was on its way took in the end; `None` if not all of it arrived.
    pub(crate) settled: Option<Duration>,
    pub(crate) fates: Vec<Fate>,
    events: u64,
    gaps: u64,
    lost: usize,
    /// Clients that do not end where their document does.
    behind: usize,
    refused: BTreeMap<String, usize>,
}

impl Report {
    /// An empty one.
    pub(crate) fn of(plan: &Plan) -> Self {
        let Plan { clients, documents, every, slow, .. } = *plan;
        Self { clients, documents, every, slow, ..Self::default() }
    }

    /// Adds up what the clients tell.
    pub(crate) fn take(&mut self, told: Vec<Told>) {
        let mut acks: [Samples; PARTS] = Default::default();
        let mut relays: [Samples; PARTS] = Default::default();
        let mut acked = [0; PARTS];
        // Whatever was ordered in a document was pushed by one of its clients, and acked to it.
        let mut heads: BTreeMap<usize, u64> = BTreeMap::new();
        for one in &told {
            *heads.entry(one.document).or_default() += one.acked_ever;
        }
        for one in told {
            self.events += one.acked_ever;
            self.gaps += one.gaps;
            self.lost += one.lost;
            self.behind += usize::from(heads[&one.document] != one.revision);
            for (all, one) in acked.iter_mut().zip(one.acked) {
                *all += one;
            }
            for (all, one) in acks.iter_mut().zip(one.acks) {
                all.append(one);
            }
            for (all, one) in relays.iter_mut().zip(one.relays) {
                all.append(one);
            }
            for reason in one.refused {
                *self.refused.entry(reason).or_default() += 1;
            }
        }
        let spreads = acks.iter_mut().zip(relays.iter_mut()).zip(acked);
        for (part, ((acks, relays), acked)) in self.parts.iter_mut().zip(spreads) {
            (part.acks, part.relays, part.acked) = (acks.spread(), relays.spread(), acked);
        }
    }

    /// An error if the log did not come out right, however fast it was.
    pub(crate) fn verdict(&self) -> Result<(), String> {
        if self.gaps > 0 || self.lost > 0 || self.behind > 0 {
            return Err(format!(
                "{} gaps in what clients were told, {} events never acked, {} clients behind",
                self.gaps, self.lost, self.behind
            ));
        }
        Ok(())
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |words: String| writeln!(text, "{words}").expect("a string takes all");
        let (clients, documents) = (self.clients, self.documents);
        line(format!(
            "{clients} clients in {documents} documents; load before: {}",
            self.load.trim()
        ));
        line(format!("all welcomed after {:.2} s", self.gathered.as_secs_f64()));
        for part in &self.parts {
            let per_second = part.acked as f64 / part.took.as_secs_f64();
            line(format!(
                "{} events in {:.1} s, {per_second:.0}/s",
                part.acked,
                part.took.as_secs_f64()
            ));
            for (name, spread) in [("ack", part.acks), ("relay", part.relays)] {
                if let Some(Spread { count, p50, p95, p99, max }) = spread {
                    line(format!(
                        "  {name:<6} p50 {p50:.1} ms, p95 {p95:.1} ms, p99 {p99:.1} ms, max {max:.1} ms ({count})"
                    ));
                }
            }
            line(format!(
                "  server {:.0} % of a processor, this program {:.0} %",
                part.cpu * 100.0,
                part.cpu_own * 100.0
            ));
            line(format!(
                "  server memory {:.1} MiB (at most {:.1}, empty {:.1}), {:.1} KiB a client",
                part.memory as f64 / KIB / KIB,
                part.memory_max as f64 / KIB / KIB,
                self.empty as f64 / KIB / KIB,
                self.per_client(part)
            ));
        }
        if let (Some(down), Some(back)) = (self.down, self.back) {
            line(format!(
                "restarted in {:.2} s, all caught up {:.2} s after it was told to stop",
                down.as_secs_f64(),
                back.as_secs_f64()
            ));
        }
        if self.slow > 0 {
            let (cut, advised) = self.cut();
            line(format!(
                "{cut} of {} slow readers were cut, {advised} told where to resume",
                self.slow
            ));
            let p99: Vec<f64> = self.parts.iter().filter_map(|part| Some(part.acks?.p99)).collect();
            if let [before, with, after] = p99[..] {
                let without = before.midpoint(after);
                line(format!(
                    "with them p99 of an ack was {with:.1} ms; {before:.1} before they came and {after:.1} \
                     when they had left: {:+.0} %",
                    (with / without - 1.0) * 100.0
                ));
            }
        }
        match self.settled {
            Some(took) => line(format!("settled {:.2} s after the last edit", took.as_secs_f64())),
            None => line("not settled".into()),
        }
        line(format!("{} events, {} gaps, {} never acked", self.events, self.gaps, self.lost));
        for (reason, count) in &self.refused {
            line(format!("refused {count} times: {reason}"));
        }
        text
    }

    /// For programs.
    pub(crate) fn json(&self) -> String {
        let spread = |spread: Option<Spread>| {
            spread.map(|Spread { count, p50, p95, p99, max }| {
                json!({ "count": count, "p50": p50, "p95": p95, "p99": p99, "max": max })
            })
        };
        let parts: Vec<Value> = self
            .parts
            .iter()
            .map(|part| {
                json!({
                    "seconds": part.took.as_secs_f64(),
                    "events": part.acked,
                    "ack_ms": spread(part.acks),
                    "relay_ms": spread(part.relays),
                    "server_cpu": part.cpu,
                    "own_cpu": part.cpu_own,
                    "server_memory_bytes": part.memory,
                    "server_memory_bytes_max": part.memory_max,
                    "kib_per_client": self.per_client(part),
                })
            })
            .collect();
        let (cut, advised) = self.cut();
        let report = json!({
            "clients": self.clients,
            "documents": self.documents,
            "every_ms": self.every,
            "load_before": self.load.trim(),
            "gathered_seconds": self.gathered.as_secs_f64(),
            "empty_memory_bytes": self.empty,
            "parts": parts,
            "down_seconds": self.down.map(|down| down.as_secs_f64()),
            "back_seconds": self.back.map(|back| back.as_secs_f64()),
            "slow": self.slow,
            "slow_cut": cut,
            "slow_advised": advised,
            "events": self.events,
            "gaps": self.gaps,
            "never_acked": self.lost,
            "refused": self.refused,
        });
        format!("{report}\n")
    }

    /// What one client costs the server beyond what an empty one takes, in KiB.
    fn per_client(&self, part: &Part) -> f64 {
        part.memory.saturating_sub(self.empty) as f64 / KIB / self.clients.max(1) as f64
    }

    fn cut(&self) -> (usize, usize) {
        let cut = self.fates.iter().filter(|fate| fate.cut).count();
        (cut, self.fates.iter().filter(|fate| fate.advised).count())
    }
}
