//! The cost of metrics: requests of 8 KB over loopback, to a server with a recorder, one without a
//! recorder, and one without the feature. That one is the program of the benchmark `throughput`, which is
//! built without it.
//!
//! Every server is a process of its own; they are driven in turn, in short slices, so that whatever else
//! the machine does hits all of them alike. The recorder is scraped every second, far more often than a
//! Prometheus does.
//!
//! `WEBHOOK_BENCH_ROUNDS` and `WEBHOOK_BENCH_SLICE_MS` say how often and for how long each is driven.

use std::{path::PathBuf, process::Command, thread, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use webhook_benches::{
    Client, Required, Sample, Server, Slice, Table, Variant, median, noise, serve, setting, wanted,
};

/// The arguments by which this program serves.
const WITHOUT_RECORDER: &str = "without a recorder";
const WITH_RECORDER: &str = "with a recorder";

const NAMES: [&str; 3] = ["without the feature", WITHOUT_RECORDER, WITH_RECORDER];

/// The bounds of a web application, in seconds.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

const BYTES: [f64; 6] = [256.0, 1024.0, 4096.0, 16_384.0, 65_536.0, 1_048_576.0];

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some(WITHOUT_RECORDER) => serve(Variant::Generated.router()),
        Some(WITH_RECORDER) => {
            record();
            serve(Variant::Generated.router());
        }
        _ if wanted() => compare(),
        _ => {}
    }
}

/// Installs a recorder that is scraped every second.
fn record() {
    let scraped = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), &BYTES)
        })
        .and_then(PrometheusBuilder::install_recorder)
        .expect("the first recorder");
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_secs(1));
            assert!(!scraped.render().is_empty());
        }
    });
}

/// Builds the benchmark `throughput` without the feature, and returns where its program is.
fn without_feature() -> PathBuf {
    let profile = if cfg!(debug_assertions) { "dev" } else { "bench" };
    let built = Command::new(env!("CARGO"))
        .args([
            "bench",
            "--profile",
            profile,
            "--package",
            "webhook-benches",
            "--bench",
            "throughput",
            "--no-run",
        ])
        .args(["--offline", "--quiet", "--message-format", "json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    let said = String::from_utf8_lossy(&built.stdout);
    let mut programs = said.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let executable = message["executable"].as_str()?;
        (message["target"]["name"] == "throughput").then(|| PathBuf::from(executable))
    });
    let errors = String::from_utf8_lossy(&built.stderr);
    programs.next_back().unwrap_or_else(|| panic!("the program was not built: {errors}"))
}

fn compare() {
    let rounds = setting("WEBHOOK_BENCH_ROUNDS", 2, 60);
    let slice = Duration::from_millis(setting("WEBHOOK_BENCH_SLICE_MS", 50, 400));
    let servers = [
        Server::start_program(&without_feature(), Variant::Generated.name()),
        Server::start(WITHOUT_RECORDER),
        Server::start(WITH_RECORDER),
    ];
    let sample = Sample::Comment;
    let mut clients =
        servers.each_ref().map(|server| Client::connect(server.port, sample.wire(), 200));
    for client in &mut clients {
        client.drive(slice);
    }
    let mut slices: [Vec<Slice>; 3] = Default::default();
    for round in 0..rounds {
        // There and back again, so that nobody always has the same neighbour before it.
        let mut order = [0, 1, 2];
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            slices[at].push(servers[at].measured(|| clients[at].drive(slice)));
        }
    }
    report(sample, &slices);
}

fn report(sample: Sample, slices: &[Vec<Slice>; 3]) {
    let title = format!("{} {} B", sample.name(), sample.body().len());
    let mut table = Table::new(&title, &["requests/s", "server CPU µs"]);
    for (name, slices) in NAMES.iter().zip(slices) {
        let rate = median(slices.iter().map(Slice::rate));
        table.row(name, &[rate, median(slices.iter().map(Slice::cost))]);
    }
    table.print();
    let [without_feature, others @ ..] = slices;
    for (name, slices) in NAMES[1..].iter().zip(others) {
        let rates =
            || slices.iter().zip(without_feature).map(|(with, bare)| with.rate() / bare.rate());
        let what = format!("{name} : without the feature (± {:.3})", noise(rates()));
        println!("{}", Required::AtLeast(0.97).line(&what, median(rates())));
        let costs =
            || slices.iter().zip(without_feature).map(|(with, bare)| with.cost() / bare.cost());
        let what = format!("  processor time of the server (± {:.3})", noise(costs()));
        println!("{}", Required::AtMost(1.03).line(&what, median(costs())));
    }
}
