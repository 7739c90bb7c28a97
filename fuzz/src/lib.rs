//! What the fuzz targets do with their input: each module has a `judge`, which panics when something
//! is not as it should be.
//!
//! Everything is reached as users reach it, by schemes, endpoints and requests, and compared with a
//! second opinion that shares no code with the runtime. `targets/` hands libFuzzer's inputs to it;
//! `tests/tests/corpora.rs` of the workspace replays the corpora on every run of the tests.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

use std::{fs, path::Path};

pub mod events;
pub mod forms;
pub mod headers;
mod input;
mod plan;
pub mod receive;
pub mod templates;
pub mod timestamps;
mod wire;

/// What a target does with an input: it panics where something is not as it should be.
pub type Judge = fn(&[u8]);

/// The targets, by name.
pub const TARGETS: [(&str, Judge); 6] = [
    ("headers", headers::judge),
    ("templates", templates::judge),
    ("timestamps", timestamps::judge),
    ("receive", receive::judge),
    ("events", events::judge),
    ("forms", forms::judge),
];

/// Judges the corpus of a target again, or so many inputs of it, and says how many there were.
///
/// # Panics
/// Where the target does, and when there is no such corpus.
#[must_use]
pub fn replay(name: &str, judge: Judge, most: usize) -> usize {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let files = fs::read_dir(corpus).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut inputs: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    inputs.sort();
    for input in inputs.iter().step_by((inputs.len() / most).max(1)) {
        // Shown where one of them fails.
        println!("{}", input.display());
        judge(&fs::read(input).expect("a file"));
    }
    // And with nothing to go by.
    for data in [&[][..], &[0xff; 64]] {
        judge(data);
    }
    inputs.len()
}
