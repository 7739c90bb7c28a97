//! The causes of captured requests: those of `tests/vectors/causes.jsonl`, or of another file.
//!
//! ```text
//! WEBHOOK_CAUSES=FILE cargo test -p webhook-cli --test causes -- --nocapture
//! ```

use std::{
    collections::BTreeMap,
    env, fs,
    time::{Duration, UNIX_EPOCH},
};

use serde_json::Value;
use webhook_cli::{
    capture::{Capture, Format},
    explain::{self, Question, Verdict},
};
use webhook_runtime::Secret;

/// The cause that a line of the corpus names, and the one that was found.
struct Judged {
    name: String,
    expected: String,
    found: String,
    is_right: bool,
    checks: usize,
}

#[test]
fn every_line_of_a_corpus_has_its_cause_first() {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/causes.jsonl");
    let file = env::var("WEBHOOK_CAUSES").unwrap_or_else(|_| own.to_owned());
    let text = fs::read_to_string(&file).expect("the corpus can be read");
    let judged: Vec<Judged> = text.lines().map(judge).collect();
    let mut causes = BTreeMap::<&str, (usize, usize)>::new();
    for it in &judged {
        let (right, all) = causes.entry(&it.expected).or_default();
        *right += usize::from(it.is_right);
        *all += 1;
    }
    for (cause, (right, all)) in causes {
        println!("{cause}: {right} of {all}");
    }
    for it in judged.iter().filter(|it| !it.is_right) {
        println!("{}: {} instead of {}", it.name, it.found, it.expected);
    }
    let mut checks: Vec<_> = judged.iter().map(|it| it.checks).collect();
    checks.sort_unstable();
    println!(
        "checks: {} at the median, {} at most",
        checks[checks.len() / 2],
        checks[checks.len() - 1]
    );
    let right = judged.iter().filter(|it| it.is_right).count();
    println!("{right} of {} as expected", judged.len());
    assert_eq!(right, judged.len(), "some causes are wrong");
}

fn judge(line: &str) -> Judged {
    let line: Value = serde_json::from_str(line).expect("a line of JSON");
    let text = |name: &str| line[name].as_str().unwrap_or_default();
    let capture =
        Capture::parse(line.to_string().as_bytes(), Format::Json, None).expect("a request");
    let mut secrets = vec![Secret::new(text("secret")).with_name("configured")];
    for (name, secret) in line["other_secrets"].as_object().into_iter().flatten() {
        let secret = secret.as_str().unwrap_or_default();
        secrets.push(Secret::new(secret).with_name(name.clone()));
    }
    let now = line["now"].as_u64().expect("a time");
    let explanation = explain::explain(&Question {
        provider: webhook_cli::provider(text("provider")).expect("a provider"),
        secrets: &secrets,
        public_url: line["public_url"].as_str(),
        capture: &capture,
        key: None,
        now: UNIX_EPOCH + Duration::from_secs(now),
    });
    let expected = text("cause").to_owned();
    let found = match (explanation.verdict, explanation.causes.first()) {
        (Verdict::Genuine, None) => "none",
        (Verdict::Genuine, Some(_)) => "genuine with a cause",
        (Verdict::Refused, None) => "unknown",
        (Verdict::Refused, Some(cause)) => cause.id,
    };
    let also = line["also"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let is_right = found == expected || also.into_iter().any(|also| also == found);
    Judged {
        name: text("name").to_owned(),
        is_right,
        found: found.to_owned(),
        expected,
        checks: explanation.checks,
    }
}
