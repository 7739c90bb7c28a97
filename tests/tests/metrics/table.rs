//! The table of all metrics: each of them is emitted, and nothing beside them.

use std::{fs, path::Path};

use webhook_runtime::metrics::{ALL, MetricKind};

fn runtime() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../webhook-runtime/src"))
}

/// The sources of the runtime, by path.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path.strip_prefix(runtime()).unwrap().display().to_string(), text));
        }
    }
}

/// The constants of the table, with the names of their metrics.
fn constants(table: &str) -> Vec<(&str, &str)> {
    let kinds = [" = Counter \"", " = Gauge \"", " = Histogram \""];
    table
        .lines()
        .filter_map(|line| {
            let (constant, rest) = kinds.iter().find_map(|kind| line.trim().split_once(kind))?;
            Some((constant, rest.split('"').next()?))
        })
        .collect()
}

#[test]
fn each_metric_of_the_table_is_emitted() {
    let mut all = Vec::new();
    sources(runtime(), &mut all);
    let (_, table) =
        all.iter().find(|(path, _)| path == "support/metrics/table.rs").expect("the table");
    let constants = constants(table);
    assert_eq!(
        constants.iter().map(|(_, name)| *name).collect::<Vec<_>>(),
        ALL.iter().map(|metric| metric.name).collect::<Vec<_>>()
    );
    for (constant, name) in constants {
        let is_used = |(path, text): &(String, String)| {
            let used = [format!("&{constant},"), format!("&{constant})")];
            !path.ends_with("table.rs") && used.iter().any(|used| text.contains(used))
        };
        assert!(all.iter().any(is_used), "nobody emits {name} ({constant})");
    }
}

/// A series needs a metric of the table, and only a series uses the recorder.
#[test]
fn nothing_beside_the_table_is_emitted() {
    let mut all = Vec::new();
    sources(runtime(), &mut all);
    for (path, text) in all {
        let allowed = ["series.rs", "cached.rs", "describe.rs"];
        if path.strip_prefix("support/metrics/").is_some_and(|file| allowed.contains(&file)) {
            continue;
        }
        for word in ["register_counter", "register_gauge", "register_histogram", "with_recorder"] {
            assert!(!text.contains(word), "{path} uses the recorder: {word}");
        }
        for word in ["counter!(", "gauge!(", "histogram!("] {
            assert!(!text.contains(word), "{path} has a metric of its own: {word}");
        }
    }
}

#[test]
fn names_follow_the_conventions() {
    for metric in ALL {
        let name = metric.name;
        let allowed = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        assert!(name.starts_with("webhook_") && name.chars().all(allowed), "{name}");
        assert_eq!(metric.kind == MetricKind::Counter, name.ends_with("_total"), "{name}");
        if metric.kind == MetricKind::Histogram {
            assert!(name.ends_with("_seconds") || name.ends_with("_bytes"), "{name}");
        }
        assert!(metric.description.ends_with('.'), "{name}");
        for label in metric.labels {
            let is_told = metric.description.contains(&format!("`{label}`"))
                || ["endpoint", "provider"].contains(label);
            assert!(is_told, "{name} does not tell of {label}");
        }
        assert_eq!(
            ALL.iter().filter(|other| other.name == name).count(),
            1,
            "{name} is there once"
        );
    }
}
