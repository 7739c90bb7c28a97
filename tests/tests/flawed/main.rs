//! Receivers with one classic flaw each, and the conformance case that catches it.
//!
//! [`Receiver`] is a hand-written receiver, which is correct with [`Flaw::Nothing`]. Every other
//! [`Flaw`] changes one line of it.

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
use receiver::{GLOBEX, MAX_BODY, OLD, Receiver, SECRET, TOKEN};
use style::Style;
use webhook_runtime::{
    Secret,
    testing::{
        TestClock,
        conformance::{CASES, Case, Target, Verdict},
    },
};

/// The case that applies only to endpoints of this framework.
const OURS: &str = "handshake_skips_the_handler";

/// A receiver of this style, with this flaw, ready to be tested.
fn subject(style: Style, flaw: Flaw) -> Target {
    let clock = TestClock::new(UNIX_EPOCH + Duration::from_secs(1_760_000_000));
    let receiver = Receiver::new(style, flaw, clock.clone());
    let effects = Arc::clone(&receiver.effects);
    let router = receiver.router();
    let path = if style == Style::Tenants { "/hooks/{tenant}" } else { "/hooks" };
    let subject = Target::service(router, style.provider(), Secret::new(SECRET), path)
        .clock(clock)
        .handled_count(move || effects.load(Ordering::SeqCst))
        .max_body(MAX_BODY)
        .verify_token(Secret::new(TOKEN))
        .tolerance(Duration::from_secs(300))
        .strict();
    let subject = if flaw == F::HandlesCopies { subject.deduplicates() } else { subject };
    let json = serde_json::json!({ "note": "with/care", "count": 7, "more": ["a", null, true] });
    match style {
        Style::Tenants => subject
            .sample(move |delivery| delivery.json(&json).param("tenant", "acme"))
            .other_tenant(|delivery| {
                delivery.param("tenant", "globex").signed_with(Secret::new(GLOBEX))
            }),
        Style::Github => {
            subject.sample(move |delivery| delivery.json(&json)).older_secret(Secret::new(OLD))
        }
        _ => subject.sample(move |delivery| delivery.json(&json)),
    }
}

fn case(name: &str) -> &'static Case {
    CASES.iter().find(|case| case.name() == name).unwrap_or_else(|| panic!("no case {name}"))
}

/// Runs in several threads, since most of the time is spent waiting.
fn ask_all<T: Copy + Sync, R: Send>(all: &[T], ask: impl AsyncFn(T) -> R + Sync) -> Vec<R> {
    let chunk = all.len().div_ceil(16);
    std::thread::scope(|scope| {
        let ask = &ask;
        let threads: Vec<_> = all
            .chunks(chunk)
            .map(|some| {
                scope.spawn(move || {
                    let mut runtime = tokio::runtime::Builder::new_current_thread();
                    let runtime = runtime.enable_all().build().expect("a runtime");
                    some.iter().map(|one| runtime.block_on(ask(*one))).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("nobody panics")).collect()
    })
}

#[test]
fn correct_receivers_pass_every_case() {
    let all: Vec<(Style, Flaw)> = Style::ALL
        .into_iter()
        .flat_map(|style| [F::Nothing, F::HandlesLater].map(|flaw| (style, flaw)))
        .collect();
    ask_all(&all, async |(style, flaw)| {
        for case in CASES {
            if let Err(failure) = case.run(&subject(style, flaw)).await {
                panic!("{style:?}, {flaw:?}, {}: {failure}", case.name());
            }
        }
    });
}

/// A receiver that uses the system clock is tested with that, and not to the second.
#[tokio::test]
async fn receivers_may_use_the_system_clock() {
    // Digits in hex have two cases, but letters of base64 are others in the other case.
    for (style, lenient) in [(Style::Slack, F::TakesUpperCase), (Style::Standard, F::Nothing)] {
        let receiver = Receiver::new(style, lenient, TestClock::default());
        let secret = Secret::new(SECRET);
        let subject = Target::service(receiver.router(), style.provider(), secret, "/hooks");
        let subject = subject.max_body(MAX_BODY);
        for case in CASES {
            let verdict = case.run(&subject).await;
            assert!(
                verdict.is_ok(),
                "{style:?}, {}: what is lenient is no flaw: {verdict:?}",
                case.name()
            );
        }
    }
}

#[test]
fn every_flaw_is_caught_by_its_case() {
    let missed = ask_all(TABLE, async |(flaw, style, name)| {
        match case(name).run(&subject(style, flaw)).await {
            Ok(verdict) => Some(format!("{flaw:?} ({style:?}), {name}: {verdict:?}")),
            Err(failure) => {
                let text = failure.to_string();
                let first = text.lines().next().unwrap_or_default();
                println!("{flaw:?} ({style:?}): {name}: {first}");
                assert!(!text.contains(SECRET), "{text}");
                None
            }
        }
    });
    let missed: Vec<String> = missed.into_iter().flatten().collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// A flaw is one difference: the other cases still pass.
#[test]
fn flaws_fail_only_their_own_cases() {
    const GENUINE: &str = "genuine_delivery_is_accepted";
    let others: Vec<_> = TABLE.iter().copied().filter(|(.., name)| *name != GENUINE).collect();
    ask_all(&others, async |(flaw, style, _)| {
        let genuine = case(GENUINE).run(&subject(style, flaw)).await;
        assert_eq!(genuine, Ok(Verdict::Passed), "{flaw:?} ({style:?})");
    });
}

/// A case that does not apply says so, and fails if it is expected to apply.
#[tokio::test]
async fn inapplicable_cases_do_not_pass() {
    let stale = case("stale_delivery_is_refused");
    let verdict = stale.run(&subject(Style::Github, F::Nothing)).await;
    assert_eq!(verdict, Ok(Verdict::NotApplicable("no time is signed")));
    let expecting = |style| subject(style, F::Nothing).expect_cases(["stale_delivery_is_refused"]);
    assert_eq!(stale.run(&expecting(Style::Slack)).await, Ok(Verdict::Passed));
    let failure = stale.run(&expecting(Style::Github)).await.expect_err("nothing to ask");
    assert!(failure.to_string().contains("no time is signed"), "{failure}");
    // A case that could send nothing does not apply.
    let headers = case("missing_headers_are_refused");
    let verdict = headers.run(&subject(Style::Mailgun, F::Nothing)).await;
    assert!(matches!(verdict, Ok(Verdict::NotApplicable(_))), "{verdict:?}");
}

#[test]
#[should_panic(expected = "there is no case stale_deliveries")]
fn expected_cases_must_exist() {
    let _ = subject(Style::Github, F::Nothing).expect_cases(["stale_deliveries"]);
}

/// No case is superfluous: each catches some flaw.
#[test]
fn every_case_catches_a_flaw() {
    let named: BTreeSet<&str> = TABLE.iter().map(|(_, _, name)| *name).collect();
    let idle: Vec<&str> =
        CASES.iter().map(Case::name).filter(|name| !named.contains(name)).collect();
    assert_eq!(idle, [OURS]);
    let flaws: BTreeSet<Flaw> = TABLE.iter().map(|(flaw, ..)| *flaw).collect();
    assert!(flaws.len() >= 78, "{}", flaws.len());
}
