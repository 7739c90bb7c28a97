//! Whether the time of a refusal tells where a signature or a token differs, in the way of `dudect`
//! (Reparaz, Balasch and Verbauwhede, 2017).
//!
//! Requests of two classes are verified in random order, and one by one: wrong in the first mark
//! against wrong in the last, and one wrong text again and again against another wrong one each time.
//! Welch's t compares the two means, of all samples and of those below each of a hundred percentiles,
//! as whatever else the machine does only ever adds time; the largest is what counts. Below 10 no
//! difference is known; above, there is one.
//!
//! The controls compare by `==`, which stops where texts differ, and have to be found out: a
//! measurement that cannot see a leak says nothing about those that have none.
//!
//! `-- github` measures one of them. `WEBHOOK_BENCH_SAMPLES` says how many samples each has.

mod subject;
mod welch;

use std::{hint::black_box, process::ExitCode, time::Instant};

use http::HeaderMap;
use webhook_benches::{setting, wanted};

use crate::{
    subject::{Class, Random, Subject},
    welch::largest_t,
};

/// More than this is a difference, and what is less is none that is known.
const LIMIT: f64 = 10.0;

/// Samples of a quick run, and of a full one.
const SAMPLES: [u64; 2] = [20_000, 1_000_000];

/// How many requests are made before they are measured, so that none is made in between.
const AT_ONCE: usize = 1000;

fn main() -> ExitCode {
    if !wanted() {
        return ExitCode::SUCCESS;
    }
    let samples = setting("WEBHOOK_BENCH_SAMPLES", SAMPLES[0], SAMPLES[1]);
    let named = |subject: &Subject| std::env::args().any(|argument| argument == subject.name);
    let subjects = Subject::all();
    let all = !subjects.iter().any(named);
    let mut missed = 0;
    println!("{:<26} {:<34} {:>10} {:>9}", "", "", "samples", "|t|");
    for subject in subjects.iter().filter(|subject| all || named(subject)) {
        for (what, classes) in [
            ("first mark against last mark", [Class::First, Class::Last]),
            ("one wrong text against others", [Class::Fixed, Class::Random]),
        ] {
            // `==` need not tell one wrong text from another.
            if subject.is_control && classes[0] == Class::Fixed {
                continue;
            }
            let t = measure(subject, classes, samples);
            let is_met = (t < LIMIT) != subject.is_control;
            missed += usize::from(!is_met);
            let wanted = if subject.is_control { "more" } else { "less" };
            let verdict = if is_met { "met" } else { "MISSED" };
            println!(
                "{:<26} {what:<34} {samples:>10} {t:>9.2}  {wanted} than {LIMIT}: {verdict}",
                subject.name
            );
        }
    }
    // A short run sees only that everything works.
    if missed == 0 || webhook_benches::is_quick() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measure(subject: &Subject, classes: [Class; 2], samples: u64) -> f64 {
    let mut random = Random::new(samples);
    let mut times: [Vec<u32>; 2] = Default::default();
    let mut left = samples;
    while left > 0 {
        let requests: Vec<(usize, HeaderMap)> = (0..AT_ONCE)
            .map(|_| {
                let class = random.below(2);
                (class, subject.headers(classes[class], &mut random))
            })
            .collect();
        for (class, headers) in &requests {
            let start = Instant::now();
            let accepted = subject.verifies(black_box(headers));
            let took = start.elapsed();
            assert!(!black_box(accepted), "{}: a wrong one is accepted", subject.name);
            times[*class].push(u32::try_from(took.as_nanos()).unwrap_or(u32::MAX));
        }
        left = left.saturating_sub(AT_ONCE as u64);
    }
    largest_t(&times)
}
