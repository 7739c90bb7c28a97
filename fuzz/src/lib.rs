//! What the fuzz targets do with their input: each module has a `judge`, which panics when something
//! is not as it should be.
//!
//! Everything is reached as users reach it, by schemes, endpoints and requests, and compared with a
//! second opinion that shares no code with the runtime. `targets/` hands libFuzzer's inputs to it;
//! `tests/tests/corpora.rs` of the workspace replays the corpora on every run of the tests.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod corpus;
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

/// Judges the corpus of a target again, or up to about `most` of its inputs, and returns its size.
///
/// # Panics
/// When an input is judged to be wrong, and when the corpus cannot be read.
#[must_use]
pub fn replay(name: &str, judge: Judge, most: usize) -> usize {
    let inputs = corpus::read(name).unwrap_or_else(|error| panic!("{error}"));
    for input in inputs.iter().step_by((inputs.len() / most).max(1)) {
        // The line of the corpus; shown where one of them fails.
        println!("{name}: {}", corpus::quote(input));
        judge(input);
    }
    // And with nothing to go by.
    for data in [&[][..], &[0xff; 64]] {
        judge(data);
    }
    inputs.len()
}
