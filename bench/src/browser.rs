//! The browser's part in a run: sends parcels to a page in Chromium and puts what it measured
//! beside the machine's own figures. Driving the browser is a script's business.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::contest::{self, Figure};
use crate::engine::{Engine, palimpsest::Palimpsest};
use crate::metrics::Scope;
use crate::parcel::Parcel;

/// The script, beside the tests that drive a browser, whose packages it uses.
const SCRIPT: &str = "../tests/browser/bench.mjs";

/// Parcels under way to a page.
#[derive(Debug)]
pub struct Browser {
    /// Holds the library, built for the browser; parcels are put there, too.
    folder: PathBuf,
    traces: Vec<String>,
}

impl Browser {
    /// A browser that will load the library from `folder`.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), traces: Vec::new() }
    }

    /// Packs a history for it.
    pub fn send(&mut self, trace: &str, parcel: &Parcel) -> Result<(), Box<dyn Error>> {
        std::fs::write(self.folder.join(format!("{trace}.parcel")), parcel.pack())?;
        self.traces.push(trace.to_owned());
        Ok(())
    }

    /// Has everything measured that was sent, and notes it in the figures of the same metric on
    /// the same history.
    pub fn measure(self, scope: &Scope, figures: &mut [Figure]) -> Result<(), Box<dyn Error>> {
        let asked = json!({
            "folder": self.folder,
            "traces": self.traces,
            "turns": scope.turns,
            "words": scope.metrics.join("\n"),
        });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCRIPT);
        let mut node = Command::new("node");
        node.arg(script).arg(asked.to_string()).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = node.output()?;
        if !output.status.success() {
            return Err(format!("the browser measured nothing ({})", output.status).into());
        }
        for told in serde_json::from_slice::<Vec<Value>>(&output.stdout)? {
            let same = |figure: &&mut Figure| {
                figure.engine == Palimpsest::NAME
                    && told["metric"] == figure.metric
                    && told["trace"] == figure.trace.as_str()
            };
            if let Some(figure) = figures.iter_mut().find(same) {
                let both = told["median"].as_f64().zip(told["first"].as_f64());
                figure.browser = both.map(|(median, first)| contest::Browser { median, first });
            }
        }
        Ok(())
    }
}
