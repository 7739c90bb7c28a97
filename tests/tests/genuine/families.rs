//! Two families of header names.

use http::{HeaderMap, HeaderName};
use webhook_runtime::{
    Delivery, Field, Provider,
    providers::SHOPIFY,
    scheme::{RequestToSign, Scheme},
    webhook,
};

use crate::{
    common,
    common::{PATH, ask, post, status},
    router, router_with, signed, told, with,
};

#[webhook(path = "/webhook", provider = SHOPIFY)]
async fn shopify(delivery: &Delivery) -> String {
    assert!(delivery.headers()["x-shopify-hmac-sha256"].is_sensitive());
    assert!(
        delivery.headers().get("shopify-hmac-sha256").is_none_or(http::HeaderValue::is_sensitive)
    );
    told(delivery)
}

const BODY: &str = r#"{"id":1}"#;
const FORGED: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn hmac() -> String {
    let headers = signed(&SHOPIFY, &RequestToSign::new(BODY.as_bytes()));
    headers["x-shopify-hmac-sha256"].to_str().expect("base64").to_owned()
}

/// <https://shopify.dev/docs/apps/build/events/verify-deliveries>
#[tokio::test]
async fn shopify_sends_two_families_of_headers() {
    let (router, hmac) = (router::<shopify>(), hmac());
    let events = [
        ("shopify-hmac-sha256", hmac.as_str()),
        ("shopify-webhook-id", "new"),
        ("shopify-topic", "Product"),
    ];
    let webhooks = [
        ("x-shopify-hmac-sha256", hmac.as_str()),
        ("x-shopify-webhook-id", "old"),
        ("x-shopify-topic", "orders/create"),
    ];
    let both = [&webhooks[..], &events].concat();
    let new_is_right = [&both[..], &[("x-shopify-hmac-sha256", FORGED)]].concat();
    for (headers, expected) in [
        (&events[..], "new Product"),
        (&webhooks, "old orders/create"),
        (&both, "new Product"),
        (&new_is_right, "new Product"),
    ] {
        let answer = ask(&router, with(post(PATH, HeaderMap::new(), BODY), headers)).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, expected));
    }
}

#[tokio::test]
async fn neither_family_excuses_the_other() {
    let (router, hmac) = (router::<shopify>(), hmac());
    let genuine = ("x-shopify-hmac-sha256", hmac.as_str());
    for headers in [
        &[("shopify-hmac-sha256", FORGED)][..],
        &[genuine, ("shopify-hmac-sha256", FORGED)],
        &[genuine, ("shopify-hmac-sha256", "")],
        &[("shopify-topic", "Product"), ("x-shopify-topic", "Product")],
    ] {
        let request = with(post(PATH, HeaderMap::new(), BODY), headers);
        assert_eq!(status(&router, request).await, 401, "{headers:?}");
    }
    let other = with(post(PATH, HeaderMap::new(), "{}"), &[("shopify-hmac-sha256", &hmac)]);
    assert_eq!(status(&router, other).await, 401);
    let mut twice = with(post(PATH, HeaderMap::new(), BODY), &[("shopify-hmac-sha256", &hmac)]);
    twice.headers_mut().append("shopify-hmac-sha256", hmac.parse().expect("a value"));
    assert_eq!(status(&router, twice).await, 401);
}

/// A provider whose id and time have two names as well, and are signed.
const ACME: Provider = Provider::new(
    "acme",
    Scheme::standard_webhooks().alternative_headers(&[
        ("webhook-id", "acme-id"),
        ("webhook-timestamp", "acme-timestamp"),
        ("webhook-signature", "acme-signature"),
    ]),
)
.with_id(Field::header("webhook-id"))
.with_event(Field::pointer("/type"));

#[webhook(path = "/webhook", provider = ACME)]
async fn acme(delivery: &Delivery) -> String {
    told(delivery)
}

const ACME_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const EVENT: &str = r#"{"type":"a.b"}"#;

/// The headers of a delivery in both families.
fn both_families() -> [HeaderMap; 2] {
    let first = common::sign(&ACME, ACME_SECRET, EVENT.as_bytes());
    let mut second = HeaderMap::new();
    for (name, value) in &first {
        let name = name.as_str().replace("webhook-", "acme-");
        second.insert(HeaderName::try_from(name).expect("a name"), value.clone());
    }
    [first, second]
}

/// The id is signed: a header of the other family must not pass for it.
#[tokio::test]
async fn the_signed_id_is_that_of_the_verified_family() {
    let router = router_with::<acme>(ACME_SECRET);
    let [first, second] = both_families();
    for (headers, foreign) in [(first.clone(), "acme-id"), (second, "webhook-id")] {
        let request = with(post(PATH, headers, EVENT), &[(foreign, "msg_666")]);
        let answer = ask(&router, request).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, "msg_1 a.b"), "{foreign}");
    }
    // The families do not mix.
    let mut mixed = first.clone();
    mixed.insert("acme-signature", first["webhook-signature"].clone());
    assert_eq!(status(&router, post(PATH, mixed, EVENT)).await, 401);
}
