//! The processor time of `cargo build` for a program of many handlers: marked with the attribute,
//! and written by hand.
//!
//! All handlers take one payload type, so that what is compared is handlers; a second table shows
//! the same with a type for each handler, whose `Deserialize` costs both sides alike. Dependencies
//! are built first and not counted. Runs alternate, without incremental compilation.
//! `WEBHOOK_BENCH_ROUNDS` says how often each program is built.

mod cargo;
mod program;

use webhook_benches::{Required, Table, is_quick, median, setting, wanted};

use crate::{
    cargo::Workspace,
    program::{Payloads, Style},
};

fn main() {
    if !wanted() {
        return;
    }
    let rounds = setting("WEBHOOK_BENCH_ROUNDS", 1, 5);
    if is_quick() {
        compare(10, Payloads::Shared, rounds, Required::Nothing);
        return;
    }
    compare(100, Payloads::Shared, rounds, Required::AtMost(0.7));
    compare(500, Payloads::Shared, rounds, Required::Nothing);
    compare(100, Payloads::Own, rounds, Required::AtMost(0.8));
    compare(500, Payloads::Own, rounds, Required::AtMost(0.45));
}

fn compare(handlers: u64, payloads: Payloads, rounds: u64, required: Required) {
    let programs = Style::ALL.map(|style| (style.package(), style.program(handlers, payloads)));
    let workspace = Workspace::write(&programs);
    let mut seconds = Style::ALL.map(|_| Vec::new());
    for _ in 0..rounds {
        for ((package, _), seconds) in programs.iter().zip(&mut seconds) {
            seconds.push(workspace.build(package).as_secs_f64());
        }
    }
    let [generated, hand_written] = seconds.map(median);
    let title = format!("{handlers} handlers, {}", payloads.name());
    let mut table = Table::new(&title, &["CPU seconds"]);
    table.row("generated", &[generated]);
    table.row("hand-written", &[hand_written]);
    table.print();
    println!("{}\n", required.line("CPU, generated : hand-written", generated / hand_written));
}
