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
    /// Run per second, of each round.
    runs: Vec<f64>,
    elapsed: Duration,
    /// The most that its largest process had, in bytes.
    pub(crate) memory: f64,
    /// The most that the log of its SQLite file had after a round, in bytes.
    pub(crate) log: f64,
    /// What its processes did meanwhile.
    spent: Spent,
}

/// What processes have done since they began.
#[derive(Default)]
pub(crate) struct Spent {
    /// How many deliveries they have run.
    done: f64,
    /// In microseconds.
    processor_time: f64,
    /// In bytes.
    written: f64,
}

impl Spent {
    fn by(group: &mut [Server]) -> Self {
        Self {
            done: group.iter_mut().map(Server::done).sum(),
            processor_time: group.iter().map(Server::processor_time).sum(),
            written: group.iter().map(Server::written).sum(),
        }
    }
}

/// Drives each program for that long in all.
pub(crate) fn drive(programs: &mut [Vec<Server>], time: Duration) -> Vec<Rounds> {
    // One program alone needs no turns.
    let count = if programs.len() == 1 { 1 } else { setting("WEBHOOK_BENCH_ROUNDS", 2, 6) };
    let slice = time / u32::try_from(count).expect("few rounds");
    let mut clients: Vec<_> = programs
        .iter()
        .map(|group| {
            let ports: Vec<_> = group.iter().map(|one| one.port).collect();
            Client::connect(&ports, group.iter().any(Server::has_two_inboxes))
        })
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
            let before = Spent::by(group);
            let slice = clients[at].drive(slice);
            let after = Spent::by(group);
            group.iter().for_each(Server::halt);
            rounds[at].add(slice, &before, &after);
            let log = group.iter().map(Server::log).fold(rounds[at].log, f64::max);
            rounds[at].log = log;
        }
    }
    for (rounds, group) in rounds.iter_mut().zip(programs) {
        rounds.latencies.sort_unstable();
        rounds.memory = group.iter().map(Server::memory).fold(0.0, f64::max);
    }
    rounds
}

impl Rounds {
    fn add(&mut self, slice: Slice, before: &Spent, after: &Spent) {
        let count = u32::try_from(slice.latencies.len()).unwrap_or(u32::MAX);
        self.rates.push(f64::from(count) / slice.elapsed.as_secs_f64());
        self.runs.push((after.done - before.done) / slice.elapsed.as_secs_f64());
        self.elapsed += slice.elapsed;
        self.latencies.extend(slice.latencies);
        self.spent.done += after.done - before.done;
        self.spent.processor_time += after.processor_time - before.processor_time;
        self.spent.written += after.written - before.written;
    }

    /// Deliveries that were run, per second.
    pub(crate) fn runs(&self) -> f64 {
        self.spent.done / self.elapsed.as_secs_f64()
    }

    /// The share of what was acknowledged that was run.
    pub(crate) fn run_of_acknowledged(&self) -> f64 {
        self.each(self.spent.done)
    }

    /// The median of the ratios of what was run here to what was acknowledged there.
    pub(crate) fn runs_to_rates(&self, other: &Self) -> (f64, f64) {
        ratio_of(&self.runs, &other.rates)
    }

    /// The same of what was run.
    pub(crate) fn runs_to_runs(&self, other: &Self) -> (f64, f64) {
        ratio_of(&self.runs, &other.runs)
    }

    /// Of something that was spent, how much for each delivery that was acknowledged.
    fn each(&self, spent: f64) -> f64 {
        spent / f64::from(u32::try_from(self.latencies.len().max(1)).unwrap_or(u32::MAX))
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
        let latency = self.latencies.get(at).or(self.latencies.last());
        latency.map_or(0.0, |latency| f64::from(*latency) / 1000.0)
    }

    /// The median of the ratios of single rounds, and how far it may be off.
    pub(crate) fn ratio(&self, other: &Self) -> (f64, f64) {
        ratio_of(&self.rates, &other.rates)
    }

    pub(crate) fn table<'a>(title: &str, rows: impl Iterator<Item = (String, &'a Self)>) {
        let columns = [
            "acknowledged/s",
            "run/s",
            "p50 ms",
            "p99 ms",
            "memory MiB",
            "CPU µs each",
            "written KiB each",
        ];
        let mut table = Table::new(title, &columns);
        for (name, rounds) in rows {
            let rate = median(rounds.rates.iter().copied());
            let (p50, p99) = (rounds.percentile(50.0), rounds.percentile(99.0));
            let processor_time = rounds.each(rounds.spent.processor_time);
            let written = rounds.each(rounds.spent.written) / 1024.0;
            let memory = rounds.memory / MIB;
            table.row(&name, &[rate, rounds.runs(), p50, p99, memory, processor_time, written]);
        }
        table.print();
    }
}

fn ratio_of(these: &[f64], others: &[f64]) -> (f64, f64) {
    let ratios = || these.iter().zip(others).map(|(this, other)| this / other);
    (median(ratios()), noise(ratios()))
}
