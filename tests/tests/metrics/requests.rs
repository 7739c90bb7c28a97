//! Requests: each outcome and reason, times and sizes.

use std::net::IpAddr;

use axum::{Router, body::Body};
use http::{HeaderValue, Method, Request, header};
use metrics::Unit;
use webhook_runtime::{Delivery, Secret, Webhook, Webhooks, providers::META, webhook};

use crate::{
    common::{SECRET, delivery_to, from, post, set, sign, status, webhooks},
    recorder::{described, everything, install, unknown, value, values, with},
};

pub(crate) const HMAC: &str = "hmac-sha256-hex";

#[webhook(path = "/{name}", max_body = 1000)]
async fn counted(delivery: &Delivery) -> Result<(), String> {
    match &delivery.body()[..] {
        b"\"fail\"" => Err("no stock left".to_owned()),
        b"\"panic\"" => panic!("on purpose"),
        _ => Ok(()),
    }
}

pub(crate) fn router<H: Webhook<()>>(hooks: Webhooks) -> Router {
    install();
    let _ = H::endpoint();
    hooks.into_router().expect("nothing is wrong with it")
}

/// The series of requests to an endpoint.
fn requests(endpoint: &str, provider: &str, outcome: &str, reason: &str) -> String {
    format!(
        "webhook_requests_total{{endpoint={endpoint},provider={provider},outcome={outcome},\
         reason={reason}}}"
    )
}

/// Sends a request that is counted once, with this outcome and reason.
pub(crate) async fn counts(
    router: &Router,
    request: Request<Body>,
    (endpoint, provider): (&str, &str),
    (code, outcome, reason): (u16, &str, &str),
) {
    let of_endpoint = format!("webhook_requests_total{{endpoint={endpoint},");
    let series = requests(endpoint, provider, outcome, reason);
    let count = value(&series).unwrap_or_default();
    let all: f64 = with(&of_endpoint).values().sum();
    assert_eq!(status(router, request).await, code, "{outcome} {reason}");
    assert_eq!(value(&series), Some(count + 1.0), "{series}\n{}", everything());
    assert_eq!(with(&of_endpoint).values().sum::<f64>(), all + 1.0, "{series} alone");
    let times =
        format!("webhook_request_duration_seconds{{endpoint={endpoint},provider={provider}}}");
    assert_eq!(value(&times), Some(all + 1.0), "each is timed");
}

pub(crate) fn forged(uri: &str) -> Request<Body> {
    let mut request = delivery_to(uri, "{}");
    *request.body_mut() = Body::from("[]");
    request
}

#[tokio::test]
async fn accepted_and_failed_deliveries_are_told_apart() {
    let router = router::<counted>(webhooks::<counted>());
    let of = ("counted", HMAC);
    counts(&router, delivery_to("/a", "{}"), of, (200, "accepted", "")).await;
    counts(&router, delivery_to("/b", "{}"), of, (200, "accepted", "")).await;
    counts(&router, delivery_to("/a", "\"fail\""), of, (500, "failed", "handler_failed")).await;
    counts(&router, delivery_to("/a", "\"panic\""), of, (500, "failed", "handler_panicked")).await;
}

#[webhook(path = "/handshake", provider = META)]
async fn challenged(_: &Delivery) {}

#[tokio::test]
async fn handshakes_have_an_outcome_of_their_own() {
    let hooks = webhooks::<challenged>().verify_token::<challenged>(Secret::new("right"));
    let router = router::<challenged>(hooks);
    for (token, code, outcome, reason) in
        [("right", 200, "handshake", ""), ("wrong", 403, "refused", "wrong_verify_token")]
    {
        let uri = format!("/handshake?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1");
        let request = Request::get(uri).body(Body::empty()).unwrap();
        counts(&router, request, ("challenged", "meta"), (code, outcome, reason)).await;
    }
}

#[webhook(path = "/sized")]
async fn sized(_: &Delivery) {}

#[tokio::test]
async fn sizes_and_times_are_of_verified_deliveries() {
    let router = router::<sized>(webhooks::<sized>());
    for body in ["{}", "[1,2,3,4]"] {
        assert_eq!(status(&router, delivery_to("/sized", body)).await, 200);
    }
    assert_eq!(status(&router, forged("/sized")).await, 401);
    let labels = format!("{{endpoint=sized,provider={HMAC}}}");
    assert_eq!(values(&format!("webhook_body_bytes{labels}")), [2.0, 9.0]);
    let verified = values(&format!("webhook_verify_duration_seconds{labels}"));
    let all = values(&format!("webhook_request_duration_seconds{labels}"));
    assert_eq!((verified.len(), all.len()), (2, 3));
    for (verifying, whole) in verified.iter().zip(&all) {
        assert!(0.0 < *verifying && verifying < whole && *whole < 10.0, "{verifying} {whole}");
    }
}

#[webhook(path = "/stranger/{name}", name = "strange/endpoint")]
async fn strange(_: &Delivery) {}

/// Everything that a stranger can write into a request.
#[tokio::test]
async fn labels_have_nothing_of_a_stranger() {
    const MARK: &str = "stranger-wrote-this";
    let router = router::<strange>(webhooks::<strange>());
    let uri = format!("/stranger/{MARK}?{MARK}={MARK}");
    let mut headers = sign(&webhook_runtime::providers::HMAC_SHA256_HEX, SECRET, b"{}");
    for name in ["user-agent", "x-event", "x-request-id", "host", "traceparent", "content-type"] {
        headers.insert(name, HeaderValue::from_static(MARK));
    }
    headers.insert(header::HeaderName::from_static(MARK), HeaderValue::from_static(MARK));
    let address: IpAddr = [203, 0, 113, 77].into();
    for (body, method) in [("{}", "POST"), (MARK, "POST"), ("{}", "STRANGER-WROTE-THIS")] {
        let mut request = post(&uri, headers.clone(), body);
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        status(&router, from(&address.to_string(), request)).await;
    }
    let found = with("endpoint=strange/endpoint,");
    assert!(found.len() > 5, "{found:?}");
    let all = everything().to_lowercase();
    assert!(!all.contains(MARK) && !all.contains("203.0.113"), "{all}");
    assert_eq!(unknown(), [""; 0], "the table has all of them");
}

#[tokio::test]
async fn a_recorder_learns_what_everything_is() {
    #[webhook(path = "/described")]
    async fn described_endpoint(_: &Delivery) {}

    let _router = router::<described_endpoint>(webhooks::<described_endpoint>());
    let found = described();
    for metric in webhook_runtime::metrics::ALL {
        let (_, unit, text) = found.iter().find(|(name, ..)| name == metric.name).unwrap();
        assert_eq!(text, metric.description);
        let expected = match metric.name.rsplit('_').next() {
            Some("seconds") => Some(Unit::Seconds),
            Some("bytes") => Some(Unit::Bytes),
            _ => None,
        };
        assert_eq!(*unit, expected, "{}", metric.name);
    }
}

#[webhook(path = "/series/{a}/{b}")]
async fn many(_: &Delivery) {}

/// A thousand requests with whatever a stranger thinks of make a handful of series.
#[tokio::test]
async fn strangers_make_no_series() {
    install();
    let inbox = webhook_runtime::inbox::InboxBuilder::default().open_in_memory().unwrap();
    let hooks = webhooks::<many>().mount::<many_stored>();
    let hooks = hooks.secrets::<many_stored>([Secret::new(SECRET)]).inbox(inbox);
    let router = router::<many>(hooks.limit_per_peer(webhook_runtime::Quota::per_hour(2)));
    for number in 0..1000_u32 {
        let text = format!("stranger-{number:x}-{}", number.wrapping_mul(2_654_435_761));
        let uri = match number % 3 {
            0 => format!("/series/{text}/x?{text}"),
            1 => format!("/many-stored/{text}"),
            _ => format!("/{text}"),
        };
        let body = format!("{{\"type\":\"{text}\",\"id\":\"{text}\"}}");
        let mut request = delivery_to(&uri, body.clone());
        for name in ["x-event", "x-request-id", "x-forwarded-for", "host", "traceparent"] {
            set(&mut request, name, &text);
        }
        match number % 7 {
            0 => set(&mut request, "x-signature", &text),
            1 => set(&mut request, "content-type", &text),
            2 => *request.method_mut() = Method::from_bytes(text.as_bytes()).unwrap(),
            _ => {}
        }
        let address = IpAddr::from(number.to_be_bytes());
        status(&router, from(&address.to_string(), request)).await;
    }
    let of = |endpoint: &str| {
        let label = format!("endpoint={endpoint}");
        let all = everything();
        all.lines().filter(|name| name.contains(&label)).count()
    };
    // Outcomes and reasons, times and sizes; with an inbox, its counters and gauges.
    assert!((5..=12).contains(&of("many,")), "{}", of("many,"));
    assert!((10..=40).contains(&of("many_stored")), "{}", of("many_stored"));
    assert!(!everything().contains("stranger-"), "{}", everything());
}

#[webhook(path = "/many-stored/{a}", inbox)]
async fn many_stored(_: &Delivery) {}
