//! Mutations of what the macros are given. Whatever it is, they do not panic, keep the user's function,
//! and return Rust.
//!
//! A crate of procedural macros has no functions that others can call, so the files of `webhook-macros`
//! are modules of this crate as well.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod judge;
mod mutate;
mod seeds;

use std::num::NonZeroUsize;

pub use judge::judge;
pub use mutate::Case;

#[path = "../../../webhook-macros/src/args.rs"]
mod args;
#[path = "../../../webhook-macros/src/arguments.rs"]
mod arguments;
#[path = "../../../webhook-macros/src/attributes.rs"]
mod attributes;
#[path = "../../../webhook-macros/src/checks.rs"]
mod checks;
#[path = "../../../webhook-macros/src/conflicts.rs"]
mod conflicts;
#[path = "../../../webhook-macros/src/durations.rs"]
mod durations;
#[path = "../../../webhook-macros/src/errors.rs"]
mod errors;
#[path = "../../../webhook-macros/src/event/mod.rs"]
mod event;
#[path = "../../../webhook-macros/src/expand.rs"]
mod expand;
#[path = "../../../webhook-macros/src/grammar.rs"]
mod grammar;
#[path = "../../../webhook-macros/src/handler.rs"]
mod handler;
#[path = "../../../webhook-macros/src/inbox.rs"]
mod inbox;
#[path = "../../../webhook-macros/src/known.rs"]
mod known;
#[path = "../../../webhook-macros/src/list.rs"]
mod list;
#[path = "../../../webhook-macros/src/misspelt.rs"]
mod misspelt;
#[path = "../../../webhook-macros/src/name.rs"]
mod name;
#[path = "../../../webhook-macros/src/options.rs"]
mod options;
#[path = "../../../webhook-macros/src/path.rs"]
mod path;
#[path = "../../../webhook-macros/src/payload.rs"]
mod payload;
#[path = "../../../webhook-macros/src/returns.rs"]
mod returns;
#[path = "../../../webhook-macros/src/runtime.rs"]
mod runtime;
#[path = "../../../webhook-macros/src/spans.rs"]
mod spans;
#[path = "../../../webhook-macros/src/times.rs"]
mod times;
#[path = "../../../webhook-macros/src/types.rs"]
mod types;
#[path = "../../../webhook-macros/src/values.rs"]
mod values;
#[path = "../../../webhook-macros/src/variables.rs"]
mod variables;

/// Judges so many cases, from the first one on, on all cores, and returns how many there were of each
/// kind: the attribute and the derive.
///
/// # Panics
/// When a case is judged to be wrong.
#[must_use]
pub fn run(first: u64, count: u64) -> [u64; 2] {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        let judges: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let seeds = seeds::read();
                    let mut judged = [0; 2];
                    for number in (first..first + count).skip(thread).step_by(threads) {
                        let case = Case::number(number, &seeds);
                        judged[usize::from(case.attribute.is_none())] += 1;
                        judge(&case);
                    }
                    judged
                })
            })
            .collect();
        judges.into_iter().fold([0; 2], |[attributes, derives], judge| {
            let [more, others] = judge.join().expect("every case is right");
            [attributes + more, derives + others]
        })
    })
}
