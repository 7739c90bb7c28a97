//! Receivers with one classic defect each, and the case of the conformance suite that catches it.
//!
//! [`Receiver`] is a receiver as people write it by hand, and a right one as long as nothing is wrong
//! with it. A [`Flaw`] is a line in it.

mod flaw;
mod receiver;
mod style;

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::{Duration, UNIX_EPOCH},
};

use flaw::{
    Flaw::{self, self as F},
    TABLE,
};
use receiver::{GLOBEX, MAX_BODY, Receiver, SECRET, TOKEN};
use style::Style;
use webhook_runtime::{
    Secret,
    testing::{
        TestClock,
        conformance::{CASES, Case, Subject},
    },
};

/// What only an endpoint of the framework is asked.
const OURS: &str = "handshakes_are_answered_without_the_handler";

/// A receiver of this style, with this flaw, ready to be tested.
fn subject(style: Style, flaw: Flaw) -> Subject {
    let clock = TestClock::new(UNIX_EPOCH + Duration::from_secs(1_760_000_000));
    let receiver = Receiver::new(style, flaw, clock.clone());
    let effects = Arc::clone(&receiver.effects);
    let router = receiver.router();
    let path = if style == Style::Tenants { "/hooks/{tenant}" } else { "/hooks" };
    let subject = Subject::service(router, style.provider(), Secret::new(SECRET), path)
        .clock(clock)
        .effects(move || effects.load(Ordering::SeqCst))
        .max_body(MAX_BODY)
        .verify_token(Secret::new(TOKEN))
        .strict();
    let json = serde_json::json!({ "note": "with care", "count": 7, "more": ["a", null, true] });
    match style {
        Style::Tenants => subject
            .sample(move |delivery| delivery.json(&json).param("tenant", "acme"))
            .other_tenant(|delivery| {
                delivery.param("tenant", "globex").signed_with(Secret::new(GLOBEX))
            }),
        _ => subject.sample(move |delivery| delivery.json(&json)),
    }
}

fn case(name: &str) -> &'static Case {
    CASES.iter().find(|case| case.name() == name).unwrap_or_else(|| panic!("no case {name}"))
}

#[tokio::test]
async fn the_right_receivers_pass_every_case() {
    let styles = [
        Style::Github,
        Style::Meta,
        Style::Slack,
        Style::Standard,
        Style::Square,
        Style::Dropbox,
        Style::Tenants,
    ];
    for style in styles {
        for case in CASES {
            if let Err(failure) = case.run(&subject(style, F::Nothing)).await {
                panic!("{style:?}, {}: {failure}", case.name());
            }
        }
    }
}

/// Whoever does not read the test's clock is tested by that of the machine, and not to the second.
#[tokio::test]
async fn a_receiver_needs_no_clock_of_the_test() {
    for style in [Style::Slack, Style::Standard] {
        let receiver = Receiver::new(style, F::TakesUpperCase, TestClock::default());
        let secret = Secret::new(SECRET);
        let subject = Subject::service(receiver.router(), style.provider(), secret, "/hooks");
        let subject = subject.max_body(MAX_BODY);
        for case in CASES {
            let verdict = case.run(&subject).await;
            assert_eq!(verdict, Ok(()), "{style:?}, {}: what is lenient is no flaw", case.name());
        }
    }
}

#[tokio::test]
async fn every_flaw_is_caught_by_the_case_that_is_named_for_it() {
    let mut missed = Vec::new();
    for (flaw, style, name) in TABLE {
        match case(name).run(&subject(*style, *flaw)).await {
            Ok(()) => missed.push(format!("{flaw:?} ({style:?}) passes {name}")),
            Err(failure) => {
                let text = failure.to_string();
                println!(
                    "{flaw:?} ({style:?}): {name}: {}",
                    text.lines().next().unwrap_or_default()
                );
                assert!(!text.contains(SECRET), "{text}");
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// A flaw is one difference: what a case says that is not about it is as it should be.
#[tokio::test]
async fn a_flaw_is_not_caught_by_everything() {
    for (flaw, style, _) in TABLE.iter().filter(|(flaw, ..)| *flaw != F::RefusesAll) {
        let genuine = case("genuine_delivery_is_accepted").run(&subject(*style, *flaw)).await;
        assert_eq!(genuine, Ok(()), "{flaw:?} ({style:?})");
    }
}

/// No case is there for nothing: each catches somebody.
#[test]
fn every_case_catches_a_flaw() {
    let named: BTreeSet<&str> = TABLE.iter().map(|(_, _, name)| *name).collect();
    let idle: Vec<&str> =
        CASES.iter().map(Case::name).filter(|name| !named.contains(name)).collect();
    assert_eq!(idle, [OURS]);
    let flaws: BTreeSet<Flaw> = TABLE.iter().map(|(flaw, ..)| *flaw).collect();
    assert!(flaws.len() >= 45, "{}", flaws.len());
}
