//! What programs did, driven in turn.

use std::time::Duration;

use webhook_benches::{Table, median, noise, setting};

use crate::{
    MIB,
    client::{Client, Slice},
    server::Server,
};

/// What one program did, round by round.
#[derive(Default)]
pub(crate) struct Rounds {
    /// In microseconds, all of them, sorted.
    latencies: Vec<u32>,
    /// Acknowledged per second, of each round.
    rates: Vec<f64>,
    elapsed: Duration,
    /// The most that its largest process had, in bytes.
    pub(crate) memory: f64,
    /// How many deliveries were run meanwhile.
    pub(crate) done: f64,
}

/// Drives each program for that long in all.
pub(crate) fn drive(programs: &mut [Vec<Server>], time: Duration) -> Vec<Rounds> {
    // One program alone needs no turns.
    let count = if programs.len() == 1 { 1 } else { setting("WEBHOOK_BENCH_ROUNDS", 2, 6) };
    let slice = time / u32::try_from(count).expect("few rounds");
    let mut clients: Vec<_> = programs
        .iter()
        .map(|group| Client::connect(&group.iter().map(|one| one.port).collect::<Vec<_>>()))
        .collect();
    for (client, group) in clients.iter_mut().zip(&*programs) {
        client.drive(slice.min(Duration::from_secs(1)));
        group.iter().for_each(Server::halt);
    }
    let mut rounds: Vec<_> = programs.iter().map(|_| Rounds::default()).collect();
    for round in 0..count {
        let mut order: Vec<usize> = (0..programs.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            let group = &mut programs[at];
            // What others still have to run is none of its business.
            group.iter().for_each(Server::go_on);
            let before: f64 = group.iter_mut().map(Server::done).sum();
            let slice = clients[at].drive(slice);
            let after: f64 = group.iter_mut().map(Server::done).sum();
            group.iter().for_each(Server::halt);
            rounds[at].add(slice, after - before);
        }
    }
    for (rounds, group) in rounds.iter_mut().zip(programs) {
        rounds.latencies.sort_unstable();
        rounds.memory = group.iter().map(Server::memory).fold(0.0, f64::max);
    }
    rounds
}

impl Rounds {
    fn add(&mut self, slice: Slice, done: f64) {
        let count = u32::try_from(slice.latencies.len()).unwrap_or(u32::MAX);
        self.rates.push(f64::from(count) / slice.elapsed.as_secs_f64());
        self.elapsed += slice.elapsed;
        self.latencies.extend(slice.latencies);
        self.done += done;
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.elapsed.as_secs_f64()
    }

    /// In milliseconds.
    pub(crate) fn percentile(&self, percent: f64) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "there are not that many"
        )]
        let at = (self.latencies.len() as f64 * percent / 100.0) as usize;
        f64::from(self.latencies[at.min(self.latencies.len() - 1)]) / 1000.0
    }

    /// The median of the ratios of single rounds, and how far it may be off.
    pub(crate) fn ratio(&self, other: &Self) -> (f64, f64) {
        let ratios = || self.rates.iter().zip(&other.rates).map(|(this, other)| this / other);
        (median(ratios()), noise(ratios()))
    }

    pub(crate) fn table<'a>(title: &str, rows: impl Iterator<Item = (String, &'a Self)>) {
        let columns = ["acknowledged/s", "p50 ms", "p99 ms", "memory MiB", "run/s"];
        let mut table = Table::new(title, &columns);
        for (name, rounds) in rows {
            let rate = median(rounds.rates.iter().copied());
            let (p50, p99) = (rounds.percentile(50.0), rounds.percentile(99.0));
            let (memory, runs) = (rounds.memory / MIB, rounds.done / rounds.seconds());
            table.row(&name, &[rate, p50, p99, memory, runs]);
        }
        table.print();
    }
}
