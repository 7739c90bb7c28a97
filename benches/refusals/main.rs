//! What it costs to refuse, beside axum's own 404 and a handler that hashes by hand, on one server.
//!
//! First over loopback: the server's processor time a request, on 64 connections that are kept
//! alive. Then in process: ns from a request whose head is parsed and whose body is there, to the
//! answer. All are driven in turn, in short slices, so that whatever else the machine does hits all
//! of them alike.
//!
//! `WEBHOOK_BENCH_ROUNDS` says how often each is driven, `WEBHOOK_BENCH_SLICE_MS` for how long over
//! loopback, and `WEBHOOK_BENCH_SLICE_US` for how long in process.

mod app;
mod case;
mod in_process;
mod loopback;

use webhook_benches::{Required, Table, median, noise, serve, wanted};

use crate::case::{ALL, Case};

fn main() {
    if std::env::args().nth(1).as_deref() == Some(app::NAME) {
        serve(app::router());
    } else if wanted() {
        report("over loopback", "server CPU µs", &loopback::measure(), Judged::Yes);
        report("in process", "ns", &in_process::measure(), Judged::No);
    }
}

/// Whether something is required of the ratios.
#[derive(Clone, Copy)]
enum Judged {
    Yes,
    /// No socket is paid for: the ratios say what the runtime adds to nearly nothing.
    No,
}

/// What each case took, round by round, in the order of [`ALL`].
pub(crate) type Rounds = [Vec<f64>; ALL.len()];

fn report(title: &str, unit: &str, rounds: &Rounds, judged: Judged) {
    let mut table = Table::new(title, &[unit]);
    for (case, rounds) in ALL.iter().zip(rounds) {
        table.row(&case.name(), &[median(rounds.iter().copied())]);
    }
    table.print();
    for case in ALL {
        let Some(beside) = case.beside() else { continue };
        let [of, to] = [case, beside].map(|case| &rounds[case.at()]);
        let ratios = || of.iter().zip(to).map(|(of, to)| of / to);
        let what = format!("{} : {} (± {:.3})", case.name(), beside.name(), noise(ratios()));
        let required = match judged {
            Judged::Yes if case == Case::Unsigned => Required::AtMost(1.15),
            Judged::Yes => Required::AtMost(1.1),
            Judged::No => Required::Nothing,
        };
        println!("{}", required.line(&what, median(ratios())));
        let more = median(of.iter().zip(to).map(|(of, to)| of - to));
        println!("    {more:>+.2} {unit} each");
    }
    println!();
}
