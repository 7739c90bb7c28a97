//! Verification with a symmetric scheme does not allocate, and a rejection allocates hardly more
//! than a 404.
//!
//! The tests count what this thread allocates during verification with prepared secrets. They leave
//! out public keys, which sign a text that is joined first, and schemes in code, which parse, sort
//! or decode the signed text.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use allocation_counter::measure;
use axum::{Router, body::Body};
use http::{HeaderMap, HeaderValue, Request};
use tower::Service as _;
use webhook_runtime::{
    Delivery, Provider, ProviderVerifier, Secret, Webhooks,
    providers::{
        ALL, FORGEJO, GITEA, GITHUB, GOGS, HUBSPOT, INFISICAL, LARK, LINEAR, MERCADO_PAGO, SINCH,
        STANDARD_WEBHOOKS, STRIPE,
    },
    scheme::{RequestToSign, SignedRequest},
    webhook,
};

/// Hex digits are valid as text, as hex and as base64, so every provider accepts them.
const SECRET: &str = "5eb63bbbe01eeed093cb22bb8f5acdc3cb22bb8f5acdc35eb63bbbe01eeed093";
const OTHER: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const BODY: &[u8] = br#"{"id":"evt_1","webhookTimestamp":1760000000000,"timestamp":1760000000000,"type":"it happened"}"#;
/// For providers that read the time in the body.
const TIMED: &[u8] = br#"{"webhookTimestamp":1760000000000,"timestamp":1760000000000,"webhookMetadata":{"webhookDeliveryAttemptTimestamp":"2025-10-09T08:53:20Z"}}"#;
/// The same with the secret.
const BODY_WITH_TOKEN: &[u8] =
    br#"{"passcode":"5eb63bbbe01eeed093cb22bb8f5acdc3cb22bb8f5acdc35eb63bbbe01eeed093"}"#;
const URL: &str = "https://hooks.example.com/in?a=1";

/// The providers that allocate, and why.
const EXCEPTIONS: [(&Provider, &str); 5] = [
    (&INFISICAL, "the time is a number in the body, and read as a text"),
    (&LARK, "a nonce is signed, too"),
    (&LINEAR, "the time is a number in the body, and read as a text"),
    (&MERCADO_PAGO, "values of the query and of a header are signed, too"),
    (&SINCH, "a nonce is signed, too"),
];

#[test]
fn symmetric_schemes_do_not_allocate() {
    let mut counted = 0;
    for provider in ALL {
        let Some(scheme) = provider.scheme() else { continue };
        if !matches!(
            scheme.algorithm(),
            "HMAC-SHA1"
                | "HMAC-SHA256"
                | "HMAC-SHA512"
                | "SHA-1"
                | "SHA-256"
                | "token"
                | "basic auth"
        ) {
            continue;
        }
        counted += 1;
        let text = if scheme.algorithm() == "basic auth" {
            format!("user:{SECRET}")
        } else {
            SECRET.to_owned()
        };
        let secret = Secret::new(text);
        let body = if scheme.timestamp_pointer().is_some() { TIMED } else { BODY };
        let mut case = Case::signed(provider, &secret, body, URL);
        let pattern = scheme.signature_pattern();
        if pattern.starts_with('/') {
            case.body = BODY_WITH_TOKEN;
        }
        if pattern.starts_with('?') {
            case.query = format!("a=1&{}", case.query);
        }
        let verifier = provider.verifier(&[secret]).expect("a secret");
        let allocations = case.allocations(&verifier);
        match EXCEPTIONS.iter().find(|(exception, _)| exception.name() == provider.name()) {
            None => assert_eq!(allocations, 0, "{}", provider.name()),
            Some((_, why)) => assert!(allocations > 0, "{}: no longer: {why}", provider.name()),
        }
    }
    assert!(counted >= 60, "{counted} providers");
}

#[test]
fn rotation_does_not_allocate() {
    let [old, new] = [OTHER, SECRET].map(Secret::new);
    let mut case = Case::signed(&STRIPE, &new, BODY, URL);
    let sent = case.headers["stripe-signature"].to_str().expect("a text").to_owned();
    let (time, signature) = sent.split_once(',').expect("two fields");
    let zeros = "0".repeat(64);
    case.set("stripe-signature", &format!("{time},v1={zeros},v1={zeros},{signature},v0={zeros}"));
    let verifier = STRIPE.verifier(&[old.clone(), new.clone()]).expect("secrets");
    assert_eq!(case.allocations(&verifier), 0);

    let mut case = Case::signed(&STANDARD_WEBHOOKS, &new, BODY, URL);
    let sent = case.headers["webhook-signature"].to_str().expect("a text").to_owned();
    case.set("webhook-signature", &format!("v1,{}= v1a,AAAA {sent}", "A".repeat(43)));
    let verifier = STANDARD_WEBHOOKS.verifier(&[old, new]).expect("secrets");
    assert_eq!(case.allocations(&verifier), 0);
}

/// Signed text that has to be decoded first is decoded into the heap.
#[test]
fn only_decoding_allocates() {
    let secret = Secret::new(SECRET);
    for provider in [&FORGEJO, &GITEA, &GOGS] {
        let outgoing = RequestToSign::new(b"payload=%7B%22zen%22%3A1%7D").form();
        let headers = provider.sign(&secret, &outgoing).expect("a form").headers;
        let mut case = Case { headers, body: outgoing.body, url: URL, query: String::new() };
        case.set("content-type", "application/x-www-form-urlencoded");
        let verifier = provider.verifier(std::slice::from_ref(&secret)).expect("a secret");
        assert!(case.allocations(&verifier) > 0, "{}", provider.name());
    }
    let url = "https://hooks.example.com/in?to=https%3A%2F%2Fexample.com";
    let case = Case::signed(&HUBSPOT, &secret, BODY, url);
    assert!(case.allocations(&HUBSPOT.verifier(&[secret]).expect("a secret")) > 0);
}

/// The result names the secret. A constant name is borrowed.
#[test]
fn static_secret_names_do_not_allocate() {
    let verifier =
        |secret: &Secret| GITHUB.verifier(std::slice::from_ref(secret)).expect("a secret");
    let secret = Secret::new(SECRET).with_name("GITHUB_SECRET");
    let case = Case::signed(&GITHUB, &secret, BODY, URL);
    assert_eq!(case.allocations(&verifier(&secret)), 0);
    let secret = Secret::new(SECRET).with_name(format!("tenant {}", 7));
    assert_eq!(case.allocations(&verifier(&secret)), 1);
}

#[webhook(path = "/webhook", provider = GITHUB)]
async fn github(_: &Delivery) {}

/// Counts the allocations of one answer with that status, after a warm-up.
fn allocations_of(router: &mut Router, status: u16, request: impl Fn() -> Request<Body>) -> u64 {
    let mut answer = || {
        let request = request();
        let mut answered = 0;
        let counted = measure(|| {
            let mut answer = pin!(router.call(request));
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(Ok(answer)) = answer.as_mut().poll(&mut context) {
                answered = answer.status().as_u16();
            }
        });
        assert_eq!(answered, status);
        counted.count_total
    };
    answer();
    answer()
}

/// A rejection allocates the response's body and the `Rejection` in its extensions. After a
/// well-formed signature come the future that waits for the body, and the response's own headers.
#[test]
fn a_refusal_allocates_hardly_more_than_a_404() {
    let hooks = Webhooks::new().mount::<github>().secrets::<github>([Secret::new(SECRET)]);
    let mut router = hooks.into_router().expect("nothing is wrong with it");
    let request = |path: &str, signature: Option<String>| {
        let mut request = Request::post(path).body(Body::from(BODY)).expect("a request");
        let length = BODY.len().into();
        request.headers_mut().insert("content-length", length);
        if let Some(signature) = signature {
            let signature = signature.parse().expect("a header's value");
            request.headers_mut().insert("x-hub-signature-256", signature);
        }
        request
    };
    let not_found = allocations_of(&mut router, 404, || request("/elsewhere", None));
    let unsigned = allocations_of(&mut router, 401, || request("/webhook", None));
    let malformed = || request("/webhook", Some("sha256=no".to_owned()));
    let malformed = allocations_of(&mut router, 401, malformed);
    let forged = || request("/webhook", Some(format!("sha256={}", "0".repeat(64))));
    let forged = allocations_of(&mut router, 401, forged);
    println!("404: {not_found}, unsigned: {unsigned}, malformed: {malformed}, forged: {forged}");
    assert!(unsigned <= not_found + 5, "{unsigned} and {not_found}");
    assert_eq!(unsigned, malformed);
    assert!(forged <= unsigned + 6, "{forged} and {unsigned}");
}

/// A genuine request.
struct Case {
    headers: HeaderMap,
    body: &'static [u8],
    url: &'static str,
    query: String,
}

impl Case {
    fn signed(
        provider: &Provider,
        secret: &Secret,
        body: &'static [u8],
        url: &'static str,
    ) -> Self {
        let outgoing = RequestToSign::new(body).at(now()).url(url);
        let signed = provider.sign(secret, &outgoing);
        let signed = signed.unwrap_or_else(|error| panic!("{}: {error}", provider.name()));
        Self { headers: signed.headers, body, url, query: signed.query }
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
    }

    /// Counts the allocations of one verification.
    fn allocations(&self, verifier: &ProviderVerifier) -> u64 {
        let request = SignedRequest {
            method: "POST",
            url: self.url,
            headers: &self.headers,
            query: &self.query,
            body: self.body,
        };
        let now = now();
        let mut verdict = None;
        let counted = measure(|| verdict = Some(verifier.verify(&request, None, now)));
        assert!(matches!(verdict, Some(Ok(_))), "{verdict:?}");
        counted.count_total
    }
}

/// The time in [`TIMED`].
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000)
}
