//! `docs/metrics.md` is generated from the table of all metrics.

use std::fmt::Write as _;

use webhook_runtime::metrics::{ALL, Metric, MetricKind};

use super::{compare, read};

const LIST: &str = "docs/metrics.md";

/// The parts of the document, and how the names in them begin. A name is in the first that fits.
const PARTS: [(&str, &[&str]); 3] = [
    ("The inbox", &["webhook_inbox_"]),
    ("The server", &["webhook_server_", "webhook_in_flight_"]),
    ("Endpoints", &["webhook_"]),
];

#[test]
fn the_list_of_metrics_matches_the_table() {
    compare(LIST, &document());
}

fn document() -> String {
    let mut text = "# Metrics\n\n\
        <!-- Generated from the table of metrics by tests/tests/docs.rs: UPDATE_DOCS=1 cargo test \
        -p webhook-tests --test docs -->\n\n\
        With the feature `metrics`, these go to the [`metrics`](https://docs.rs/metrics) facade. Install a \
        recorder before the\nrouter is built. Labels have names of the program only, and never text that a \
        sender writes.\n\n\
        [grafana/webhooks.json](grafana/webhooks.json) is a dashboard, and \
        [prometheus/rules.yml](prometheus/rules.yml) are alerts. The\ndashboard needs histograms with \
        buckets, which `metrics-exporter-prometheus` has after\n\
        `set_buckets_for_metric(Matcher::Suffix(\"_seconds\".into()), &[…])` and the same for `_bytes`.\n"
        .to_owned();
    let mut left: Vec<&Metric> = ALL.iter().collect();
    let parts = PARTS.map(|(title, begins)| {
        let fits = |metric: &&Metric| begins.iter().any(|begin| metric.name.starts_with(begin));
        let (here, others): (Vec<_>, Vec<_>) = left.iter().partition(|metric| fits(metric));
        left = others;
        (title, here)
    });
    for (title, metrics) in parts.iter().rev() {
        let _ = write!(
            text,
            "\n## {title}\n\n| metric | kind | labels | meaning |\n| --- | --- | --- | --- |\n"
        );
        for metric in metrics {
            text.push_str(&row(metric));
        }
    }
    text.push_str(
        "\n## Reasons\n\nThe label `reason` of `webhook_requests_total` is `Rejection::name`. A signature \
         or its time is wrong:\n\n",
    );
    list(&mut text, "webhook-runtime/src/verify/scheme/error.rs");
    text.push_str("\nEverything else:\n\n");
    list(&mut text, "webhook-runtime/src/delivery/rejection.rs");
    text.push_str(
        "* `no_response`\n\nA request has `no_response` if it was given up before it had a response: its \
         connection was closed, or the server\nended. It is `failed` if it was verified, and `refused` \
         otherwise.\n",
    );
    text
}

fn row(metric: &Metric) -> String {
    let kind = match metric.kind {
        MetricKind::Counter => "counter",
        MetricKind::Gauge => "gauge",
        _ => "histogram",
    };
    let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
    format!("| `{}` | {kind} | {} | {} |\n", metric.name, labels.join(", "), metric.description)
}

/// Lists the names that the function `name` of a file has.
fn list(text: &mut String, file: &str) {
    let source = read(file);
    let (_, function) = source.split_once("pub const fn name(&self)").expect("the function");
    let (function, _) = function.split_once("\n    }\n").expect("its end");
    let names: Vec<_> = function.split('"').skip(1).step_by(2).collect();
    assert!(names.len() > 10, "{file}: {names:?}");
    // A key that cannot be fetched is counted as a source that is not available.
    for name in names.into_iter().filter(|name| *name != "key_unavailable") {
        let _ = writeln!(text, "* `{name}`");
    }
}
