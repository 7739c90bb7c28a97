//! The messages of the test kit: about receivers that fail the conformance suite, and about
//! impossible deliveries.

use std::{convert::Infallible, future::IntoFuture as _, panic::AssertUnwindSafe};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use tower::service_fn;
use webhook_runtime::{
    Secret,
    providers::ALL,
    scheme::KeyType,
    testing::{
        TestClock,
        conformance::{CASES, Target},
    },
};

use super::{
    receiver::{self, Any, Heard},
    recorder,
    scanner::Scanner,
    sender::Sender,
};

const TOKEN: &str = "canary-verify-token-\"/+=&é-c2d3e4f5";

/// A receiver that gets everything wrong.
fn wrong(status: StatusCode) -> Router {
    Router::new().fallback_service(service_fn(move |request: Request| async move {
        let text = format!("{status} {}", request.uri().path());
        drop(request);
        Ok::<Response<Body>, Infallible>((status, text).into_response())
    }))
}

fn scanner(sender: &Sender) -> Scanner {
    let mut scanner = sender.scanner();
    scanner.add("the verify token", TOKEN);
    scanner
}

/// Runs every case on two receivers, which fail in different ways.
#[tokio::test]
async fn failed_cases_leak_no_secrets() {
    let mark = recorder::listen();
    let (mut failures, mut silent) = (0, Scanner::new());
    for provider in ALL {
        let sender = Sender::new(provider);
        let is_slow = provider.scheme_info().key_pair == Some(KeyType::Rsa);
        if !sender.can_sign() || is_slow {
            continue;
        }
        let scanner = scanner(&sender);
        for status in [StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR] {
            let signing = sender.signing().clone();
            let subject = Target::service(wrong(status), provider, signing, "/any")
                .clock(TestClock::new(sender.now))
                .verify_token(Secret::new(TOKEN))
                .older_secret(sender.older.clone())
                .max_body(4096)
                .strict();
            for case in CASES {
                let found = case.run(&subject).await;
                failures += usize::from(found.is_err());
                let text = match &found {
                    Ok(verdict) => format!("{verdict:?}"),
                    Err(failure) => format!("{failure} {failure:?}"),
                };
                scanner.asserts_silence(&format!("{}, {}", provider.name(), case.name()), text);
            }
        }
        silent.add(provider.name(), sender.signing().expose());
    }
    println!("{failures} failures; {}", super::scanner::scanned());
    assert!(failures > 2000, "{failures}");
    silent.asserts_silence("what is written", mark.since());
}

/// Runs the handshakes of every provider on our own endpoints, and scans the record.
#[tokio::test]
async fn handshakes_leak_no_secrets() {
    for provider in ALL {
        let mark = recorder::listen();
        let sender = Sender::new(provider);
        if !sender.can_sign() || !provider.has_handshakes() {
            continue;
        }
        let mut scanner = scanner(&sender);
        let heard = Heard::default();
        let hooks = receiver::webhooks(&sender, &heard)
            .mount::<Any>()
            .secrets::<Any>([sender.known.clone()])
            .verify_token::<Any>(Secret::new(TOKEN))
            .test(heard.clone());
        let signing = sender.signing().clone();
        let subject = Target::of::<Any, Heard>(hooks)
            .sample(move |delivery| delivery.signed_with(signing.clone()));
        for case in CASES.iter().filter(|case| {
            ["handshakes", "challenges", "verify_tokens"].iter().any(|it| case.name().contains(it))
        }) {
            let found = case.run(&subject).await;
            scanner.asserts_silence(provider.name(), format!("{found:?}"));
        }
        for said in heard.take() {
            scanner.asserts_silence(&format!("{}: an answer", provider.name()), said.text);
        }
        scanner.add("the body", super::sender::BODY_CANARY);
        scanner.asserts_silence("what is written", mark.since());
    }
}

/// Mistakes of a test, which panic.
#[tokio::test]
async fn test_kit_panics_leak_no_secrets() {
    for provider in ALL {
        let sender = Sender::new(provider);
        let mut scanner = scanner(&sender);
        scanner.add("the body", super::sender::BODY_CANARY);
        let heard = Heard::default();
        let hooks = receiver::webhooks(&sender, &heard)
            .mount::<Any>()
            .secrets::<Any>([sender.known.clone()])
            .verify_token::<Any>(Secret::new(TOKEN))
            .test(heard.clone());
        let wrong = [
            hooks.deliver::<Any>().event("an event").action("an action"),
            hooks.deliver::<Any>().param("tenant", "acme"),
            hooks.deliver::<Any>().signed_with(Secret::new(format!("\n{TOKEN}\n"))),
            hooks.deliver::<Any>().body(super::sender::BODY_CANARY),
        ];
        for delivery in wrong {
            let sent = AssertUnwindSafe(delivery.into_future());
            let said = std::panic::catch_unwind(AssertUnwindSafe(|| {
                futures_now(sent.0).map_or(String::new(), |answer| format!("{answer:?}"))
            }));
            let text = said.unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                text.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()))
                    .unwrap_or_default()
            });
            scanner.asserts_silence(provider.name(), text.replace("on purpose", ""));
        }
    }
}

/// Polls a future that is never pending: endpoints without sources do not wait.
fn futures_now<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(&mut future).poll(&mut context) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}
