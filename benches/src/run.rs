//! How a benchmark is run.

use std::env;

use crate::sample::Sample;

/// Whether this is the short run that shows only that everything works.
#[must_use]
pub fn is_quick() -> bool {
    env::var_os("WEBHOOK_BENCH_QUICK").is_some_and(|value| !value.is_empty() && value != "0")
}

/// A number from the environment, or one of these, for the quick run and for the full one.
///
/// # Panics
/// When the variable is set, but not to a number.
#[must_use]
pub fn setting(variable: &str, quick: u64, full: u64) -> u64 {
    match env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is not a number")),
        Err(_) if is_quick() => quick,
        Err(_) => full,
    }
}

/// Whether `cargo bench` runs this. `cargo test --all-targets` builds and starts benchmarks too,
/// without optimisation, and what they measure then means nothing.
#[must_use]
pub fn wanted() -> bool {
    let wanted = env::args().any(|argument| argument == "--bench");
    if !wanted {
        println!("nothing is measured: run it by `cargo bench`");
    }
    wanted
}

/// The samples named after `cargo bench ... --`; all of them, if none is.
#[must_use]
pub fn samples() -> Vec<Sample> {
    let named = |sample: &Sample| env::args().any(|argument| argument == sample.name());
    let asked: Vec<Sample> = Sample::ALL.into_iter().filter(named).collect();
    if asked.is_empty() { Sample::ALL.to_vec() } else { asked }
}
