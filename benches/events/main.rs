//! Enums of events alone: what the derive makes beside serde's tag, beside a tree, and by hand.
//!
//! Everybody decodes the same types from the same bytes, borrowed, and has the text checked to be UTF-8
//! once as a whole. `derived` also reads what the content type is. `by hand` is two passes: a struct
//! with nothing but the name or action, and then the type that it says. `serde's tag` is one enum with
//! `#[serde(tag = "...")]`. `a tree` is a `serde_json::Value`, and then the type, borrowed from it.
//!
//! Everything is measured in one process on one thread, in turn and in short slices, so that whatever
//! else the machine does hits all of it alike. What is printed is the median.
//!
//! `-- stripe` measures the events of one provider only. `WEBHOOK_BENCH_ROUNDS` and
//! `WEBHOOK_BENCH_SLICE_US` say how often and for how long each contestant runs.

mod case;
mod delivery;
mod github;
mod stripe;

use webhook_benches::{Measured, Required, Table, measure, median, noise, wanted};

use crate::case::{BY_HAND, CONTESTANTS, Case};

fn main() {
    if !wanted() {
        return;
    }
    let named = |name: &str| std::env::args().any(|argument| argument == name);
    let all = !named("github") && !named("stripe");
    if all || named("github") {
        report("github", github::Sent::all().iter().map(github::Sent::case));
    }
    if all || named("stripe") {
        report("stripe", stripe::Sent::all().iter().map(stripe::Sent::case));
    }
}

fn report<'a>(provider: &str, cases: impl Iterator<Item = Case<'a>>) {
    let (names, measured): (Vec<(String, &str)>, Vec<Vec<Measured>>) = cases
        .map(|case| {
            let column = format!("{}, {} KB", case.name, (case.bytes + 512) / 1024);
            ((column, case.name), measure(case.contestants))
        })
        .unzip();
    let columns: Vec<&str> = names.iter().map(|(column, _)| column.as_str()).collect();
    let mut table = Table::new(&format!("{provider}, ns"), &columns);
    for (at, contestant) in CONTESTANTS.into_iter().enumerate() {
        let figures: Vec<f64> =
            measured.iter().map(|case| median(case[at].rounds.iter().copied())).collect();
        table.row(contestant, &figures);
    }
    table.print();
    for ((_, case), measured) in names.iter().zip(&measured) {
        let [ours, others @ ..] = &measured[..] else { continue };
        for other in others {
            let ratios = || ours.rounds.iter().zip(&other.rounds).map(|(ours, other)| ours / other);
            let what = format!("{} : {}, {case} (± {:.3})", ours.name, other.name, noise(ratios()));
            let most = if other.name == BY_HAND { 1.1 } else { 1.0 };
            println!("{}", Required::AtMost(most).line(&what, median(ratios())));
        }
    }
    println!();
}
