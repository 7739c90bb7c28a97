//! The dashboard and the alerts: they name only metrics and labels that the table has, and a real
//! Prometheus evaluates the alerts, where it is installed.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use webhook_runtime::metrics::{ALL, Metric, MetricKind};

/// Labels that Prometheus adds, and that of buckets.
const OF_PROMETHEUS: [&str; 3] = ["job", "instance", "le"];

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// The word that a text begins with, and the rest.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|letter| !is_word(letter)).unwrap_or(text.len()))
}

/// The metric of a series of Prometheus: a histogram has three.
fn metric_of(name: &str) -> Option<&'static Metric> {
    let of_histogram = ["_bucket", "_sum", "_count"].into_iter().find_map(|end| {
        let base = name.strip_suffix(end)?;
        ALL.iter().find(|metric| metric.name == base && metric.kind == MetricKind::Histogram)
    });
    let plain = |metric: &&Metric| metric.name == name && metric.kind != MetricKind::Histogram;
    of_histogram.or_else(|| ALL.iter().find(plain))
}

/// The names of the labels in `a="x",b=~"y"}`, up to the brace.
fn matched(mut text: &str) -> Vec<&str> {
    let mut labels = Vec::new();
    loop {
        let (label, rest) = word(text.trim_start());
        if label.is_empty() {
            return labels;
        }
        labels.push(label);
        let value = rest.trim_start_matches(['=', '!', '~']).strip_prefix('"').expect("a value");
        let end = value.find('"').expect("the end of a value");
        text = value[end + 1..].trim_start_matches(',');
    }
}

/// The problems of an expression, and the metrics that it has.
fn problems(expression: &str) -> (Vec<String>, BTreeSet<&'static str>) {
    let (mut problems, mut found) = (Vec::new(), BTreeSet::new());
    let mut labels: Vec<&str> = OF_PROMETHEUS.to_vec();
    for (at, _) in expression.match_indices("webhook_") {
        let (name, rest) = word(&expression[at..]);
        let Some(metric) = metric_of(name) else {
            problems.push(format!("{name} is no metric"));
            continue;
        };
        found.insert(metric.name);
        labels.extend(metric.labels);
        let wanted = rest.strip_prefix('{').map(matched).unwrap_or_default();
        let unknown = wanted
            .into_iter()
            .filter(|label| !metric.labels.contains(label) && !OF_PROMETHEUS.contains(label));
        problems.extend(unknown.map(|label| format!("{name} has no label {label}")));
    }
    for by in ["by (", "without ("] {
        for (at, _) in expression.match_indices(by) {
            let list = &expression[at + by.len()..];
            let list = list.split(')').next().unwrap_or_default();
            for label in list.split(',').map(str::trim) {
                if !labels.contains(&label) {
                    problems.push(format!("no metric has the label {label}"));
                }
            }
        }
    }
    (problems, found)
}

/// Labels that a text shows: `{{endpoint}}` in a legend, `{{ $labels.endpoint }}` in an alert.
fn shown(text: &str) -> Vec<&str> {
    let shown = text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
    let labels = shown.filter_map(|inner| {
        let inner = inner.trim();
        if inner.starts_with('$') { inner.strip_prefix("$labels.") } else { Some(inner) }
    });
    labels.map(|label| word(label).0).collect()
}

/// The labels that are left of an expression: those of its `by`.
fn left(expression: &str) -> Vec<&str> {
    let lists = expression.split("by (").skip(1).filter_map(|rest| rest.split(')').next());
    lists.flat_map(|list| list.split(',').map(str::trim)).collect()
}

/// The objects of a document that have an expression: the dashboard's targets.
fn targets<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    if value.get("expr").is_some() {
        found.push(value);
    }
    match value {
        Value::Object(fields) => fields.values().for_each(|value| targets(value, found)),
        Value::Array(values) => values.iter().for_each(|value| targets(value, found)),
        _ => {}
    }
}

#[test]
fn the_dashboard_names_what_is_emitted() {
    let text = read("grafana/webhooks.json");
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let mut all = Vec::new();
    targets(&dashboard, &mut all);
    assert!(all.len() > 30, "{}", all.len());
    let mut seen = BTreeSet::new();
    for target in all {
        let expression = target["expr"].as_str().unwrap();
        let (problems, found) = problems(expression);
        assert!(problems.is_empty() && !found.is_empty(), "{expression}: {problems:?}");
        for label in shown(target["legendFormat"].as_str().unwrap()) {
            assert!(left(expression).contains(&label), "{expression} has no {label} left");
        }
        seen.extend(found);
    }
    let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(seen, names, "each metric has its place");
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        let Some(definition) = variable["definition"].as_str() else { continue };
        let inner = definition.strip_prefix("label_values(").unwrap().trim_end_matches(')');
        let (name, label) = inner.split_once(", ").unwrap();
        assert!(metric_of(name).is_some_and(|metric| metric.labels.contains(&label)), "{inner}");
    }
}

/// The panels of a dashboard, also those in rows that are closed.
fn panels<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    for panel in value["panels"].as_array().into_iter().flatten() {
        found.push(panel);
        panels(panel, found);
    }
}

#[test]
fn each_panel_says_what_it_shows() {
    let dashboard: Value = serde_json::from_str(&read("grafana/webhooks.json")).unwrap();
    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 36 && dashboard["id"].is_null());
    for field in ["uid", "title"] {
        assert!(dashboard[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
    }
    let mut all = Vec::new();
    panels(&dashboard, &mut all);
    let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
    for panel in all {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title} has the id of another one");
        let place = &panel["gridPos"];
        let [x, y, width, height] = ["x", "y", "w", "h"].map(|side| place[side].as_u64().unwrap());
        assert!(width > 0 && x + width <= 24, "{title} is wider than the page");
        for square in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            assert!(places.insert(square), "{title} lies on another one");
        }
        if panel["type"] == "row" {
            continue;
        }
        let unit = panel["fieldConfig"]["defaults"]["unit"].as_str();
        let text = panel["description"].as_str().unwrap_or_default();
        assert!(unit.is_some_and(|unit| !unit.is_empty()), "{title} has no unit");
        assert!(text.ends_with('.'), "{title} has no description");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        let targets = panel["targets"].as_array().unwrap();
        let letters: BTreeSet<_> =
            targets.iter().map(|one| one["refId"].as_str().unwrap()).collect();
        assert!(!targets.is_empty() && letters.len() == targets.len(), "{title}");
    }
}

/// The alerts: the name, the expression, and the texts with labels in them.
fn alerts(rules: &str) -> Vec<(&str, &str, Vec<&str>)> {
    let alerts = rules.split("- alert: ").skip(1);
    alerts
        .map(|alert| {
            let lines = || alert.lines().map(str::trim);
            let name = lines().next().unwrap();
            let expression = lines().find_map(|line| line.strip_prefix("expr: ")).unwrap();
            let texts = lines()
                .filter(|line| line.starts_with("summary: ") || line.starts_with("description: "));
            (name, expression, texts.collect())
        })
        .collect()
}

#[test]
fn the_alerts_name_what_is_emitted() {
    let (rules, tests) = (read("prometheus/rules.yml"), read("prometheus/rules.test.yml"));
    let alerts = alerts(&rules);
    assert!(alerts.len() > 10, "{}", alerts.len());
    for (name, expression, texts) in alerts {
        let (problems, found) = problems(expression);
        assert!(problems.is_empty() && !found.is_empty(), "{name}: {problems:?}");
        assert_eq!(texts.len(), 2, "{name} says what is wrong and what to do");
        for label in texts.into_iter().flat_map(shown) {
            assert!(left(expression).contains(&label), "{name} has no {label} left");
        }
        let tested = format!("alertname: {name}");
        assert!(tests.matches(&tested).count() > 1, "{name}: fires, and does not");
    }
    for series in tests.lines().filter_map(|line| line.trim().strip_prefix("- series: ")) {
        let (problems, found) = problems(series);
        assert!(problems.is_empty() && found.len() == 1, "{series}: {problems:?}");
    }
}

/// The check finds what it is for.
#[test]
fn unknown_names_are_problems() {
    for wrong in [
        "webhook_requests",
        "sum(webhook_requests_total{endpoint=\"a\",event=\"b\"})",
        "sum by (event) (webhook_requests_total)",
        "webhook_request_duration_seconds",
        "webhook_requests_total_bucket",
    ] {
        assert!(!problems(wrong).0.is_empty(), "{wrong}");
    }
    let right = "sum by (le) (rate(webhook_body_bytes_bucket{endpoint=~\"a|b\",job!=\"c\"}[5m]))";
    assert_eq!(problems(right).0, [""; 0]);
}

#[test]
fn a_real_prometheus_evaluates_the_alerts() {
    for [command, kind, file] in
        [["check", "rules", "rules.yml"], ["test", "rules", "rules.test.yml"]]
    {
        let file = path("prometheus").join(file);
        let ran = match Command::new("promtool").args([command, kind]).arg(&file).output() {
            Ok(ran) => ran,
            Err(error) => {
                println!("skipped: promtool of Prometheus cannot be run: {error}");
                return;
            }
        };
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        let said = said + &String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "promtool {command} rules:\n{said}");
        println!("{said}");
    }
}
