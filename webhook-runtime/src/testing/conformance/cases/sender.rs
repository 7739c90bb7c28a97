//! Who a request says it comes from, and what it says it is for.

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::{Found, Target, Verdict::Passed};
use crate::{
    testing::{conformance::draft::Draft, handshake::Proof, letter::UnsignedRequest, put},
    verify::{BatchLayout, Field},
};

/// As providers call themselves.
const AGENTS: [&str; 8] = [
    "GitHub-Hookshot/044aadd",
    "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    "Slackbot 1.0 (+https://api.slack.com/robots)",
    "Shopify-Captain-Hook",
    "GitLab/17.4.0",
    "Svix-Webhooks/1.24",
    "Square Connect v2",
    "TwilioProxy/1.1",
];

/// Where proxies say whom a request comes from.
const ADDRESSES: [&str; 8] = [
    "x-forwarded-for",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-remote-ip",
    "x-originating-ip",
    "true-client-ip",
    "cf-connecting-ip",
];

/// This machine and its neighbours, and addresses that providers publish.
const TRUSTED: [&str; 8] = [
    "127.0.0.1",
    "::1",
    "10.0.0.1",
    "192.168.0.1",
    "140.82.112.1",
    "192.30.252.1",
    "3.18.12.63",
    "54.187.174.169",
];

/// Anybody can call himself by the provider's name, or say that he is its neighbour.
pub(crate) async fn sender_headers_are_not_trusted(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let name = subject.provider().name();
    let named = [format!("{name}/1.0"), format!("{name}-webhooks")];
    for (how, wire) in draft.of_strangers()? {
        for agent in AGENTS.into_iter().chain(named.iter().map(String::as_str)) {
            let mut wire = wire.clone();
            wire.set("user-agent", agent);
            subject.refuses(&format!("{how}, from {agent}"), &wire).await?;
        }
        for address in TRUSTED {
            let mut wire = wire.clone();
            for header in ADDRESSES {
                wire.set(header, address);
            }
            let quoted =
                if address.contains(':') { format!("\"[{address}]\"") } else { address.to_owned() };
            wire.set("forwarded", format!("for={quoted}"));
            let what = format!("{how}, from {address} by X-Forwarded-For and all others");
            subject.refuses(&what, &wire).await?;
        }
    }
    Ok(Passed)
}

/// What proves somebody elsewhere in the application proves no provider.
pub(crate) async fn unrelated_credentials_are_not_trusted(subject: &Target) -> Found {
    const CREDENTIALS: [(&str, &str); 9] = [
        ("authorization", "Bearer token"),
        ("authorization", "Bearer "),
        ("authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."),
        ("authorization", "Basic YWRtaW46YWRtaW4="),
        ("cookie", "session=1"),
        ("cookie", "admin=true; sessionid=1"),
        ("x-api-key", "key"),
        ("x-auth-token", "token"),
        ("proxy-authorization", "Bearer token"),
    ];
    let draft = subject.draft().await?;
    for (how, wire) in draft.of_strangers()? {
        for (name, value) in CREDENTIALS {
            let mut wire = wire.clone();
            wire.set(name, value);
            subject.refuses(&format!("{how}, with {name} of no meaning"), &wire).await?;
        }
    }
    Ok(Passed)
}

/// Events that are there for tests are deliveries as others are.
pub(crate) async fn test_events_are_verified_too(subject: &Target) -> Found {
    const NAMES: [&str; 14] = [
        "ping",
        "Ping",
        "test",
        "test.event",
        "test_event",
        "webhook.test",
        "webhook.ping",
        "webhook_test",
        "endpoint.test",
        "verification",
        "url_verification",
        "challenge",
        "health",
        "heartbeat",
    ];
    let draft = subject.draft().await?;
    // Some of them are handshakes, which are answered to anybody.
    let asks_unsigned = subject.provider().handshakes().iter().any(|handshake| {
        handshake.example("c").is_some_and(|example| example.proof != Proof::Signature)
    });
    for name in NAMES {
        let draft = Draft { letter: called(&draft, name), ..draft.clone() };
        for (how, wire) in draft.of_strangers()? {
            let what = format!("{how}, of the event {name:?}");
            if asks_unsigned {
                subject.ignores(&what, &wire).await?;
            } else {
                subject.refuses(&what, &wire).await?;
            }
        }
    }
    Ok(Passed)
}

/// The delivery under the name of another event, in all places where that could be.
fn called(draft: &Draft<'_>, name: &str) -> UnsignedRequest {
    let provider = draft.subject.provider();
    let mut letter = draft.letter.clone();
    let mut pointers = vec!["/type".to_owned(), "/event".to_owned()];
    let mut headers = vec!["x-event-type", "x-webhook-event"];
    match provider.event() {
        Some(Field::Header(header)) => headers.push(header),
        Some(Field::Pointer(pointer)) => pointers.push(pointer.to_owned()),
        None => {}
    }
    if let Some(items) = provider.batch()
        && let Some(pointer) = BatchLayout::event(items)
    {
        pointers.push(items.pointer_in_first_event(pointer));
    }
    for header in headers {
        if let Ok(value) = HeaderValue::try_from(name) {
            letter.headers.insert(HeaderName::from_static(header), value);
        }
    }
    if letter.is_form() {
        let mark = if letter.body.is_empty() { "" } else { "&" };
        let more = format!("{mark}type={name}&event={name}");
        letter.body.extend_from_slice(more.as_bytes());
    } else if let Ok(mut json) = serde_json::from_slice::<Value>(&letter.body) {
        for pointer in pointers {
            // Where an object is in the way, the event is said elsewhere.
            let is_free = json.pointer(&pointer).is_none_or(|it| it.is_string() || it.is_null());
            let _ = is_free.then(|| put(&mut json, &pointer, name.into()));
        }
        letter.body = json.to_string().into();
    }
    letter
}

/// A receiver that has had enough refuses still.
pub(crate) async fn many_forgeries_are_all_refused(subject: &Target) -> Found {
    const MANY: usize = 300;
    let draft = subject.draft().await?;
    let [(_, unsigned), (_, forged)] = draft.of_strangers()?;
    // It takes long to see that what another key signed is forged.
    let has_key_pair = draft.scheme().is_some_and(|scheme| scheme.asymmetric_algorithm().is_some());
    let every = if has_key_pair { 10 } else { 2 };
    for number in 1..=MANY {
        let wire = if number % every == 0 { &forged } else { &unsigned };
        subject.refuses(&format!("the forgery number {number}"), wire).await?;
    }
    Ok(Passed)
}
