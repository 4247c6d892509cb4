//! Counts what a loaded history takes in each engine; `palimpsest-bench` calls it.

use std::error::Error;
use std::path::PathBuf;

use palimpsest_bench::history::History;
use palimpsest_bench::{memory, traces};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args_os().skip(1);
    let (folder, name) = (words.next().ok_or("which folder?")?, words.next().ok_or("which one?")?);
    for recorded in traces::all(&PathBuf::from(folder))? {
        if let History::Sequential(history) = &recorded.history
            && *recorded.name == *name
        {
            let counted = memory::count(history, || HEAP.current_usage());
            counted.iter().for_each(|counted| println!("{}", counted.line()));
        }
    }
    Ok(())
}
