//! Requests per second over loopback, with 64 connections that are kept alive.
//!
//! Every variant is served by a process of its own, of the same settings; they are driven in turn,
//! in short slices, so that whatever else the machine does hits all of them alike. The processor
//! time that the server spent on a request is printed too: less noise gets into it.
//!
//! `WEBHOOK_BENCH_ROUNDS` and `WEBHOOK_BENCH_SLICE_MS` say how often and for how long each variant
//! is driven.

use std::time::Duration;

use webhook_benches::{
    Client, Required, Sample, Server, Slice, Table,
    Variant::{self, Bare, Generated, GeneratedOwned, HandWritten, HandWrittenOwned},
    median, noise, samples, serve, setting, wanted,
};

fn main() {
    if let Some(variant) = std::env::args().nth(1).as_deref().and_then(Variant::named) {
        serve(variant.router());
    } else if wanted() {
        compare();
    }
}

fn compare() {
    let rounds = setting("WEBHOOK_BENCH_ROUNDS", 2, 40);
    let slice = Duration::from_millis(setting("WEBHOOK_BENCH_SLICE_MS", 50, 400));
    let servers = Variant::ALL.map(|variant| Server::start(variant.name()));
    for sample in samples() {
        let mut clients =
            servers.each_ref().map(|server| Client::connect(server.port, sample.wire(), 200));
        for client in &mut clients {
            client.drive(slice);
        }
        let mut slices = Slices::default();
        for round in 0..rounds {
            // There and back again, so that nobody always has the same neighbour before it.
            let mut order = Variant::ALL.map(Variant::at);
            if round % 2 == 1 {
                order.reverse();
            }
            for at in order {
                slices.0[at].push(servers[at].measured(|| clients[at].drive(slice)));
            }
        }
        report(sample, &slices);
    }
}

fn report(sample: Sample, slices: &Slices) {
    let title = format!("{} {} B", sample.name(), sample.body().len());
    let mut table = Table::new(&title, &["requests/s", "server CPU µs"]);
    for variant in Variant::ALL {
        table.row(variant.name(), &[slices.rate(variant), slices.cost(variant)]);
    }
    table.print();
    let enough = Required::AtLeast(0.98);
    let borrowing_pays =
        if sample == Sample::Comment { Required::AtLeast(1.08) } else { Required::Nothing };
    let line = |what: &str, required: Required, of: Variant, to: Variant| {
        let what = format!("{what} (± {:.3})", slices.noise(of, to));
        println!("{}", required.line(&what, slices.rate(of) / slices.rate(to)));
    };
    line("generated : hand-written", enough, Generated, HandWritten);
    line("the same, owned fields", enough, GeneratedOwned, HandWrittenOwned);
    line("generated : hand-written, owned", borrowing_pays, Generated, HandWrittenOwned);
    line("generated : bare", Required::Nothing, Generated, Bare);
    println!();
}

/// What each variant did, round by round.
#[derive(Default)]
struct Slices([Vec<Slice>; Variant::ALL.len()]);

impl Slices {
    fn rate(&self, variant: Variant) -> f64 {
        median(self.0[variant.at()].iter().map(Slice::rate))
    }

    fn cost(&self, variant: Variant) -> f64 {
        median(self.0[variant.at()].iter().map(Slice::cost))
    }

    /// How far the ratio of two variants may be off, from their ratios in the single rounds.
    fn noise(&self, of: Variant, to: Variant) -> f64 {
        let rounds = self.0[of.at()].iter().zip(&self.0[to.at()]);
        noise(rounds.map(|(of, to)| of.rate() / to.rate()))
    }
}
