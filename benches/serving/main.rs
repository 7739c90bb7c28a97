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
    let slices_of = |way: Way| Way::ALL.iter().position(|one| *one == way).map(|at| &slices[at]);
    for way in &Way::ALL[1..] {
        compare_with(*way, Way::Axum, sample, &slices_of);
    }
    #[cfg(feature = "actix")]
    compare_with(Way::RuntimePerCore, Way::Actix, sample, &slices_of);
    println!();
}

/// Prints the ratio of two ways.
fn compare_with<'a>(
    one: Way,
    other: Way,
    sample: Sample,
    slices_of: &impl Fn(Way) -> Option<&'a Vec<Slice>>,
) {
    let (Some(slices), Some(others)) = (slices_of(one), slices_of(other)) else { return };
    let ratios = slices.iter().zip(others).map(|(one, other)| one.rate() / other.rate());
    let ratios: Vec<_> = ratios.collect();
    let noise = noise(ratios.iter().copied());
    let what = format!("{} : {} (± {noise:.3})", one.name(), other.name());
    println!("{}", one.required_of(other, sample).line(&what, median(ratios)));
}

impl Way {
    /// The required ratio. A larger body costs what no server can save.
    fn required_of(self, other: Self, sample: Sample) -> Required {
        match (self, other, sample) {
            (Self::RuntimePerCore, Self::Axum, Sample::Comment) => Required::AtLeast(1.15),
            (Self::RuntimePerCore, Self::Axum, Sample::Review) => Required::AtLeast(1.08),
            #[cfg(feature = "actix")]
            (Self::RuntimePerCore, Self::Actix, Sample::Advisory | Sample::Comment) => {
                Required::AtLeast(1.00)
            }
            _ => Required::Nothing,
        }
    }
}
