//! Recorded histories read from files, which a page in a browser cannot do; it gets them in
//! parcels.

use std::error::Error;
use std::path::Path;

use palimpsest_server::cli::trace::{self, Trace};

use crate::history::{Concurrent, History, Recorded, Step, sequential};

/// Every history under `folder`, by name. Files that hold a list of small traces are for the
/// tests and are left out.
pub fn all(folder: &Path) -> Result<Vec<Recorded>, Box<dyn Error>> {
    let mut files = Vec::new();
    for kind in ["sequential", "concurrent", "conformance"] {
        let Ok(entries) = folder.join(kind).read_dir() else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.to_string_lossy().contains(".json") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut recorded = Vec::new();
    for path in files {
        let traces = trace::read(&path)?;
        let [trace] = &traces[..] else { continue };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default().split('.').next().unwrap_or_default().to_owned();
        recorded.push(Recorded { name, history: history(trace) });
    }
    Ok(recorded)
}

fn history(trace: &Trace) -> History {
    let steps = trace.steps();
    let is_sequential = trace.agents() == 1
        && steps
            .iter()
            .enumerate()
            .all(|(nth, step)| step.parents.iter().copied().eq(nth.checked_sub(1)));
    if is_sequential {
        let splices = steps.iter().flat_map(|step| &step.splices);
        let splices = splices.map(|splice| (splice.0, splice.1, splice.2.as_str()));
        History::Sequential(sequential(trace.start(), splices, trace.end()))
    } else {
        let steps = steps.iter().map(|step| Step {
            agent: step.agent,
            parents: step.parents.clone(),
            splices: step.splices.iter().map(|s| (s.0, s.1, s.2.clone())).collect(),
        });
        let (agents, end) = (trace.agents(), trace.end().to_owned());
        History::Concurrent(Concurrent { steps: steps.collect(), agents, end })
    }
}
