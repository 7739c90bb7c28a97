//! The deliveries of the kit, as a handler sees them.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    extract::RawQuery,
    http::{HeaderMap, Method},
};
use serde::Serialize;
use serde_json::{Value, json};
use webhook_runtime::{
    BatchLayout, Provider, Webhooks,
    providers::{self, ADYEN, GITHUB, HMAC_SHA256_HEX, LINEAR, MICROSOFT_GRAPH, STRIPE, TWILIO},
    scheme::{Scheme, Timestamp},
    webhook,
};

use crate::{Of, hooks};

#[tokio::test]
async fn every_signing_provider_signs() {
    for provider in providers::ALL {
        let name = provider.name();
        // It signs with a key that only it has.
        if provider.scheme_info().fetches_keys {
            continue;
        }
        let (hooks, seen) = hooks(provider);
        let deliver = || hooks.deliver::<Of>();
        let genuine = deliver().await;
        assert!(genuine.status().is_success(), "{name}: {genuine:?}");
        assert_eq!(genuine.handler_runs(), 1, "{name}");
        assert_eq!(seen.last().provider(), name);
        let signs_time = provider.scheme().and_then(Scheme::signed_timestamp).is_some();
        if signs_time {
            let signed_at = seen.last().signed_at().expect("it signs a time");
            let now = hooks.clock().now();
            assert!(now.duration_since(signed_at).is_ok_and(|age| age.as_secs() < 1), "{name}");
        }

        let mut wrong = vec![("forged", deliver().forged()), ("unsigned", deliver().unsigned())];
        let traits = provider.scheme_info();
        if traits.signs_body {
            wrong.push(("tampered", deliver().tampered()));
        }
        let max_age =
            provider.scheme().and_then(Scheme::signed_timestamp).and_then(Timestamp::max_age);
        if let Some(max_age) = max_age {
            let stale = hooks.clock().now() - max_age - Duration::from_secs(1);
            wrong.push(("stale", deliver().at(stale)));
        }
        for (how, wrong) in wrong {
            let answer = wrong.await;
            assert_eq!(answer.status(), 401, "{name}, {how}: {answer:?}");
            assert!(!answer.handler_ran(), "{name}, {how}");
        }
    }
}

#[tokio::test]
async fn events_are_set_where_the_provider_puts_them() {
    for provider in providers::ALL {
        let name = provider.name();
        let is_possible = !provider.scheme_info().fetches_keys && provider.batch().is_none();
        let Some(source) = provider.event().filter(|_| is_possible) else { continue };
        let (hooks, seen) = hooks(provider);
        let answer = hooks.deliver::<Of>().event("an-event").await;
        assert!(answer.status().is_success(), "{name}: {answer:?}");
        assert_eq!(seen.last().event().as_deref(), Some("an-event"), "{name}, {source:?}");
        if provider.id().is_some() {
            let answer = hooks.deliver::<Of>().id("id-7").await;
            assert!(answer.status().is_success(), "{name}: {answer:?}");
            assert_eq!(seen.last().id().as_deref(), Some("id-7"), "{name}");
        }
    }
}

#[tokio::test]
async fn an_event_and_its_action() {
    let (hooks, seen) = hooks(&GITHUB);
    let said = || {
        let seen = seen.last();
        (seen.event().map(String::from), seen.action().map(String::from))
    };
    let some = |text: &str| Some(text.to_owned());
    hooks.deliver::<Of>().event("issues.opened").json(&json!({"issue":{"number":1}})).await;
    assert_eq!(said(), (some("issues"), some("opened")));
    assert_eq!(seen.last().decode::<Value>(), Ok(json!({"action":"opened","issue":{"number":1}})));
    hooks.deliver::<Of>().event("issues").action("closed").await;
    assert_eq!(said(), (some("issues"), some("closed")));
    hooks.deliver::<Of>().event("push").json(&json!({"ref":"main"})).await;
    assert_eq!(said(), (some("push"), None));

    let (stripe, seen) = self::hooks(&STRIPE);
    stripe.deliver::<Of>().event("invoice.paid").id("evt_7").await;
    let seen = seen.last();
    assert_eq!(seen.event().as_deref(), Some("invoice.paid"));
    assert_eq!(seen.id().as_deref(), Some("evt_7"));
}

/// JSON is sent as serde writes it, unless a field has to be filled in.
#[tokio::test]
async fn bodies_are_sent_as_given() {
    #[derive(Serialize)]
    struct Order<'a> {
        note: &'a str,
        id: u64,
    }
    let (hooks, seen) = hooks(&HMAC_SHA256_HEX);
    hooks.deliver::<Of>().json(&Order { note: "n", id: 7 }).await;
    assert_eq!(seen.last().body(), r#"{"note":"n","id":7}"#);
    assert_eq!(seen.last().headers()["content-type"], "application/json");

    hooks.deliver::<Of>().form(&[("b", "1 2"), ("a", "&")]).await;
    assert_eq!(seen.last().body(), "b=1+2&a=%26");
    assert_eq!(seen.last().headers()["content-type"], "application/x-www-form-urlencoded");
    hooks.deliver::<Of>().form(&BTreeMap::from([("a", 1), ("b", 2)])).await;
    assert_eq!(seen.last().body(), "a=1&b=2");

    hooks.deliver::<Of>().body("\u{0}raw").content_type("application/octet-stream").await;
    assert_eq!(seen.last().body(), "\u{0}raw");
    assert_eq!(seen.last().headers()["content-type"], "application/octet-stream");

    hooks.deliver::<Of>().await;
    assert_eq!(seen.last().body(), "{}");
}

#[tokio::test]
async fn headers_query_and_method() {
    #[webhook(path = "/twilio", provider = TWILIO)]
    async fn twilio(RawQuery(query): RawQuery, headers: HeaderMap, fields: Value) -> String {
        let header = headers.get("x-more").and_then(|value| value.to_str().ok());
        format!("{query:?} {header:?} {fields}")
    }
    let hooks = Webhooks::new().mount::<twilio>().test(());
    let answer = hooks.deliver::<twilio>().form(&[("A", "1")]).query("b=2").header("x-more", "m");
    assert_eq!(answer.await.text(), r#"Some("b=2") Some("m") {"A":"1"}"#);
    let answer = hooks.deliver::<twilio>().method(Method::GET).query("A=1").await;
    assert_eq!(answer.text(), r#"Some("A=1") None {"A":"1"}"#);
    let answer = hooks.deliver::<twilio>().method(Method::PUT).await;
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.headers()["allow"], "POST, GET");

    // This header replaces the signature.
    let answer = hooks.deliver::<twilio>().header("x-twilio-signature", "forged").await;
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn batches() {
    const BATCHES: Provider =
        Provider::new("batches", Scheme::hmac_sha256().header("x-batches").hex()).with_batch(
            BatchLayout::at("/events").with_inner("/of").with_id("/id").with_event("/kind"),
        );
    let (hooks, seen) = hooks(&BATCHES);
    let body = || seen.last().decode::<Value>().expect("JSON");
    hooks.deliver::<Of>().event("a").id("7").items([json!({"n":1}), json!({"n":2})]).await;
    let items = [json!({"id":"7","kind":"a","n":1}), json!({"id":"7-2","kind":"a","n":2})];
    assert_eq!(body(), json!({"events": items.map(|of| json!({ "of": of }))}));
    hooks.deliver::<Of>().event("b").await;
    assert_eq!(body(), json!({"events":[{"of":{"id":"delivery-1","kind":"b"}}]}));
    hooks.deliver::<Of>().event("c").json(&json!({"events":[{"of":{"n":3}}],"x":1})).await;
    assert_eq!(body(), json!({"events":[{"of":{"kind":"c","n":3}}],"x":1}));
}

#[tokio::test]
async fn signed_body_fields_are_filled_in() {
    for provider in [&ADYEN, &MICROSOFT_GRAPH, &LINEAR] {
        let (hooks, _) = hooks(provider);
        assert_eq!(hooks.deliver::<Of>().id("7").await.status(), 200, "{}", provider.name());
    }
    let (hooks, seen) = hooks(&LINEAR);
    let at = hooks.clock().now() - Duration::from_secs(30);
    let sent = json!({"webhookTimestamp": 1});
    assert_eq!(hooks.deliver::<Of>().json(&sent).await.status(), 401, "as it was given");
    assert_eq!(hooks.deliver::<Of>().json(&sent).at(at).await.status(), 200, "as it was asked for");
    assert!(
        at.duration_since(seen.last().signed_at().expect("a time")).expect("earlier").as_millis()
            == 0
    );
}
