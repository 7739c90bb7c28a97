//! Servers of the same endpoints, beside each other: requests per second over loopback, with 64
//! connections that are kept alive.
//!
//! Each is a process of its own with two threads to answer, and they are driven in turn, in short
//! slices. With the feature `actix`, a hand-written actix-web server is among them.
//!
//! `WEBHOOK_BENCH_ROUNDS` and `WEBHOOK_BENCH_SLICE_MS` say how often and for how long each is driven.

#[cfg(feature = "actix")]
mod actix;
mod way;

use std::time::Duration;

use webhook_benches::{
    Client, Required, Sample, Server, Slice, Table, median, noise, samples, setting, wanted,
};

use crate::way::Way;

fn main() {
    if let Some(way) = std::env::args().nth(1).as_deref().and_then(Way::named) {
        way.serve();
    } else if wanted() {
        compare();
    }
}

fn compare() {
    let rounds = setting("WEBHOOK_BENCH_ROUNDS", 2, 40);
    let slice = Duration::from_millis(setting("WEBHOOK_BENCH_SLICE_MS", 50, 400));
    let servers: Vec<_> = Way::ALL.iter().map(|way| Server::start(way.name())).collect();
    for sample in samples() {
        let connect = |server: &Server| Client::connect(server.port, sample.wire(), 200);
        let mut clients: Vec<_> = servers.iter().map(connect).collect();
        for client in &mut clients {
            client.drive(slice);
        }
        let mut slices = vec![Vec::new(); servers.len()];
        for round in 0..rounds {
            // There and back again, so that nobody always has the same neighbour before it.
            let mut order: Vec<_> = (0..servers.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for at in order {
                slices[at].push(servers[at].measured(|| clients[at].drive(slice)));
            }
        }
        report(sample, &slices);
    }
}

fn report(sample: Sample, slices: &[Vec<Slice>]) {
    let title = format!("{} {} B", sample.name(), sample.body().len());
    let mut table = Table::new(&title, &["requests/s", "server CPU µs"]);
    for (way, slices) in Way::ALL.iter().zip(slices) {
        let rate = median(slices.iter().map(Slice::rate));
        table.row(way.name(), &[rate, median(slices.iter().map(Slice::cost))]);
    }
    table.print();
    // The first is what the others are compared with.
    let (axum, others) = slices.split_first().expect("there are some");
    for (way, slices) in Way::ALL[1..].iter().zip(others) {
        let ratios: Vec<_> =
            slices.iter().zip(axum).map(|(one, axum)| one.rate() / axum.rate()).collect();
        let what = format!("{} : axum::serve (± {:.3})", way.name(), noise(ratios.iter().copied()));
        println!("{}", way.required().line(&what, median(ratios)));
    }
    println!();
}

impl Way {
    fn required(self) -> Required {
        if self == Self::RuntimePerCore { Required::AtLeast(1.15) } else { Required::Nothing }
    }
}
