//! Verification alone: what verifies here beside bare HMAC and beside the crates of others.
//!
//! Everything is measured in one process on one thread, in turn and in short slices, so that
//! whatever else the machine does hits all of it alike. What is printed is the median. Every
//! verification is of a genuine request, whose key has been prepared where that is possible.
//!
//! `bare` is the floor: the decoded signature beside the HMAC of the signed text, which has been
//! joined before, with no headers to read. Ours is given the time; the crates that look at it read
//! the clock themselves, which the last line is about.
//!
//! `-- stripe` measures one scheme only. `WEBHOOK_BENCH_ROUNDS` and `WEBHOOK_BENCH_SLICE_US` say
//! how often and for how long each contestant runs.

mod case;
mod contestant;
mod floor;

use std::time::SystemTime;

use webhook_benches::{Contestant, Measured, Required, Table, measure, median, noise, wanted};

use crate::case::{Case, SCHEMES, SIZES};

fn main() {
    if !wanted() {
        return;
    }
    let named = |name: &str| std::env::args().any(|argument| argument == name);
    let all = !SCHEMES.iter().any(|provider| named(provider.name()));
    for provider in SCHEMES.into_iter().filter(|provider| all || named(provider.name())) {
        let cases = SIZES.each_ref().map(|size| Case::new(provider, size));
        let contestants = cases.each_ref().map(contestant::all);
        report(provider.name(), &contestants.map(measure));
    }
    for clock in measure(vec![Contestant::new("the clock", SystemTime::now)]) {
        println!("to read {}: {:.1} ns", clock.name, median(clock.rounds));
    }
}

fn report(scheme: &str, sizes: &[Vec<Measured>; SIZES.len()]) {
    let columns = SIZES.map(|size| size.name);
    let mut table = Table::new(&format!("{scheme}, ns"), &columns);
    for (at, contestant) in sizes[0].iter().enumerate() {
        let figures = sizes.each_ref().map(|size| median(size[at].rounds.iter().copied()));
        table.row(contestant.name, &figures);
    }
    table.print();
    for (size, measured) in SIZES.iter().zip(sizes) {
        let [ours, bare, ..] = &measured[..] else { panic!("ours and the floor") };
        let rounds = || ours.rounds.iter().zip(&bare.rounds);
        // The floor of an Ed25519 signature is known, but nothing is required.
        let is_hmac = bare.name == floor::HMAC;
        let ratios = || rounds().map(|(ours, bare)| ours / bare);
        let required =
            if is_hmac && !size.is_small { Required::AtMost(1.03) } else { Required::Nothing };
        let what = format!("{} : bare, {} (± {:.3})", ours.name, size.name, noise(ratios()));
        println!("{}", required.line(&what, median(ratios())));
        if size.is_small {
            let above = || rounds().map(|(ours, bare)| ours - bare);
            let required = if is_hmac { Required::AtMost(150.0) } else { Required::Nothing };
            let what = format!("ns above bare, {} (± {:.1})", size.name, noise(above()));
            println!("{}", required.line(&what, median(above())));
        }
        for other in &measured[2..] {
            let ratios = || ours.rounds.iter().zip(&other.rounds).map(|(ours, other)| ours / other);
            let what = format!("{} : {}, {}", ours.name, other.name, size.name);
            println!("{}", Required::Nothing.line(&what, median(ratios())));
        }
    }
    println!();
}
