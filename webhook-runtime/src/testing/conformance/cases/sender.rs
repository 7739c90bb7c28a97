//! Cases of claims about the sender and the event.

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::{CaseResult, Target, Verdict::Passed};
use crate::{
    testing::{
        conformance::sample::SampleDelivery, handshake::Credential, put, request::UnsignedRequest,
    },
    verify::{BatchLayout, Field},
};

/// User agents of providers.
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

/// Headers in which proxies name the client.
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

/// Local addresses, and addresses that providers publish.
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

/// Claims the user agent of a provider, or a trusted address.
pub(crate) async fn sender_headers_are_not_trusted(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let name = target.provider().name();
    let named = [format!("{name}/1.0"), format!("{name}-webhooks")];
    for (how, request) in sample.unsigned_and_forged()? {
        for agent in AGENTS.into_iter().chain(named.iter().map(String::as_str)) {
            let mut request = request.clone();
            request.set("user-agent", agent);
            target.refuses(&format!("{how}, from {agent}"), &request).await?;
        }
        for address in TRUSTED {
            let mut request = request.clone();
            for header in ADDRESSES {
                request.set(header, address);
            }
            let quoted =
                if address.contains(':') { format!("\"[{address}]\"") } else { address.to_owned() };
            request.set("forwarded", format!("for={quoted}"));
            let what = format!("{how}, from {address} by X-Forwarded-For and all others");
            target.refuses(&what, &request).await?;
        }
        for host in ["localhost", "127.0.0.1"] {
            let mut request = request.clone();
            request.set("host", host);
            let what = format!("{how}, sent to {host}");
            // A server of many hosts has another page for that.
            if target.is_lenient() {
                target.ignores(&what, &request).await?;
            } else {
                target.refuses(&what, &request).await?;
            }
        }
    }
    Ok(Passed)
}

/// Sends credentials of other parts of an application.
pub(crate) async fn unrelated_credentials_are_not_trusted(target: &Target) -> CaseResult {
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
    let sample = target.sample_delivery().await?;
    for (how, request) in sample.unsigned_and_forged()? {
        for (name, value) in CREDENTIALS {
            let mut request = request.clone();
            request.set(name, value);
            target.refuses(&format!("{how}, with {name} of no meaning"), &request).await?;
        }
    }
    Ok(Passed)
}

/// Sends test events, which must be verified too.
pub(crate) async fn test_events_are_verified_too(target: &Target) -> CaseResult {
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
    let sample = target.sample_delivery().await?;
    // Some of them are unsigned handshakes.
    let asks_unsigned = target.provider().handshakes().iter().any(|handshake| {
        handshake.example("c").is_some_and(|example| example.proof != Credential::Signature)
    });
    for name in NAMES {
        let sample = SampleDelivery { unsigned: called(&sample, name), ..sample.clone() };
        for (how, request) in sample.unsigned_and_forged()? {
            let what = format!("{how}, of the event {name:?}");
            if asks_unsigned {
                target.ignores(&what, &request).await?;
            } else {
                target.refuses(&what, &request).await?;
            }
        }
    }
    Ok(Passed)
}

/// The delivery with another event name, in every usual field.
fn called(sample: &SampleDelivery<'_>, name: &str) -> UnsignedRequest {
    let provider = sample.target.provider();
    let mut unsigned = sample.unsigned.clone();
    let mut pointers = Vec::new();
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
    // After the provider's own: these can be objects around it.
    pointers.extend(["/type", "/event"].map(str::to_owned));
    for header in headers {
        if let Ok(value) = HeaderValue::try_from(name) {
            unsigned.headers.insert(HeaderName::from_static(header), value);
        }
    }
    if unsigned.is_form() {
        let mark = if unsigned.body.is_empty() { "" } else { "&" };
        let more = format!("{mark}type={name}&event={name}");
        unsigned.body.extend_from_slice(more.as_bytes());
    } else if let Ok(mut json) = serde_json::from_slice::<Value>(&unsigned.body) {
        for pointer in pointers {
            // If there is an object, the event is elsewhere.
            let is_free = json.pointer(&pointer).is_none_or(|it| it.is_string() || it.is_null());
            let _ = is_free.then(|| put(&mut json, &pointer, name.into()));
        }
        unsigned.body = json.to_string().into();
    }
    unsigned
}

/// Sends many forgeries: a receiver must not give up.
pub(crate) async fn many_forgeries_are_all_refused(target: &Target) -> CaseResult {
    const MANY: usize = 300;
    let sample = target.sample_delivery().await?;
    let [(_, unsigned), (_, forged)] = sample.unsigned_and_forged()?;
    // It is slow to verify signatures of key pairs.
    let every = if target.provider().has_key_pair() { 10 } else { 2 };
    for number in 1..=MANY {
        let request = if number % every == 0 { &forged } else { &unsigned };
        let what = format!("the forgery number {number}");
        if !target.refuses_or_throttles(&what, request).await? {
            break;
        }
    }
    Ok(Passed)
}
