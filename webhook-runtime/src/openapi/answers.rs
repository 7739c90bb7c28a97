//! The answers of an endpoint: successes, and every rejection.

use std::{collections::BTreeMap, time::Duration};

use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    components::problem_reference,
    words::{PROBLEM, time},
};
use crate::{
    delivery::{FailedItem, LimitedBy, PayloadKind, Rejection},
    verify::{SuccessBody, scheme::VerifyError},
    webhooks::DescribedEndpoint,
};

/// Lists every rejection, with its occasion and the endpoints that have it. The match has no
/// other arm, so that a new rejection does not compile without a row.
macro_rules! rejections {
    ($($pattern:pat => $example:expr, $when:expr, $applies:expr;)+) => {
        /// One example of each rejection.
        fn examples(described: &DescribedEndpoint) -> Vec<Rejection> {
            let example: &[fn(&DescribedEndpoint) -> Rejection] = &[$($example),+];
            example.iter().map(|example| example(described)).collect()
        }

        /// The occasion of a rejection, in words.
        fn when(rejection: &Rejection, described: &DescribedEndpoint) -> String {
            let words: fn(&DescribedEndpoint) -> String = match rejection { $($pattern => $when),+ };
            words(described)
        }

        /// True if a rejection can happen at an endpoint.
        fn applies(rejection: &Rejection, described: &DescribedEndpoint) -> bool {
            let applies: fn(&DescribedEndpoint) -> bool = match rejection { $($pattern => $applies),+ };
            applies(described)
        }
    };
}

rejections! {
    Rejection::MethodNotAllowed { .. } =>
        |it| Rejection::MethodNotAllowed { allow: it.endpoint.provider.methods() },
        |_| "The provider does not deliver with this method.".to_owned(),
        |_| true;
    Rejection::UnsupportedContentEncoding =>
        |_| Rejection::UnsupportedContentEncoding,
        |_| "The body is compressed.".to_owned(),
        |_| true;
    Rejection::TooLarge { .. } =>
        |it| Rejection::TooLarge { limit: it.endpoint.max_body },
        |it| format!("The body has more than {} bytes.", it.endpoint.max_body),
        |_| true;
    Rejection::TooLargeForLayer =>
        |_| Rejection::TooLargeForLayer,
        |_| "The body is larger than something around the endpoint allows.".to_owned(),
        |_| true;
    Rejection::Unauthorized(_) =>
        |_| Rejection::Unauthorized(VerifyError::InvalidSignature),
        |_| "The request could not be verified. The answer does not say why.".to_owned(),
        |_| true;
    Rejection::RateLimited { .. } =>
        |_| Rejection::RateLimited { by: LimitedBy::Endpoint, retry_after: Duration::from_secs(1) },
        |_| "A quota is used up.".to_owned(),
        |it| it.peer_quota.is_some() || it.endpoint_quota.is_some();
    Rejection::BodyTimeout =>
        |_| Rejection::BodyTimeout,
        |it| format!("The body did not arrive in {}.", time(it.body_timeout)),
        |_| true;
    Rejection::IncompleteBody =>
        |_| Rejection::IncompleteBody,
        |_| "The connection ended before the body did.".to_owned(),
        |_| true;
    Rejection::UnsupportedContentType =>
        |_| Rejection::UnsupportedContentType,
        |_| "The content type is neither JSON nor a form.".to_owned(),
        has_payload;
    Rejection::Malformed { .. } =>
        |_| Rejection::Malformed { detail: "the body is not JSON: expected value".to_owned() },
        |_| "The body is not what its content type says.".to_owned(),
        decodes_before_the_answer;
    Rejection::Mismatch { .. } =>
        |_| Rejection::Mismatch { path: "id".to_owned(), detail: "missing field `id`".to_owned() },
        |_| "The body is genuine, and does not fit the payload.".to_owned(),
        decodes_before_the_answer;
    Rejection::BatchFailed { .. } =>
        |_| Rejection::BatchFailed {
            failed: vec![FailedItem::new(0, StatusCode::INTERNAL_SERVER_ERROR)],
        },
        |_| "Some events of the batch failed. The status is that of the first failure that a retry may \
             cure, or else of the first failure."
            .to_owned(),
        |it| {
            let is_item = it.endpoint.payload_shape.kind == PayloadKind::Item;
            is_item && it.endpoint.provider.batch().is_some() && it.inbox.is_none()
        };
    Rejection::Forbidden =>
        |_| Rejection::Forbidden,
        |_| "A handshake has the wrong verify token.".to_owned(),
        |it| {
            let provider = it.endpoint.provider;
            let is_known = |method| provider.methods().split(", ").any(|known| known == method);
            // By another method, a handshake has an operation of its own.
            provider.handshakes().iter().any(|it| it.verify_token().is_some() && is_known(it.method()))
        };
    Rejection::Unavailable =>
        |_| Rejection::Unavailable,
        |_| "The secret or the published key is not available.".to_owned(),
        |it| it.has_secret_source || it.has_key_source;
    Rejection::NotStored =>
        |_| Rejection::NotStored,
        |_| "The delivery could not be stored.".to_owned(),
        |it| it.inbox.is_some();
    Rejection::Overloaded =>
        |_| Rejection::Overloaded,
        |_| "There is too much to do. Send it again later.".to_owned(),
        |_| true;
    Rejection::HandlerPanicked =>
        |_| Rejection::HandlerPanicked,
        |_| "The handler panicked.".to_owned(),
        |it| it.inbox.is_none();
    Rejection::HandlerFailed =>
        |_| Rejection::HandlerFailed,
        |_| "The handler failed.".to_owned(),
        |it| it.inbox.is_none();
}

fn has_payload(described: &DescribedEndpoint) -> bool {
    described.endpoint.payload_shape.kind != PayloadKind::Delivery
}

fn decodes_before_the_answer(described: &DescribedEndpoint) -> bool {
    has_payload(described) && described.inbox.is_none()
}

/// The answers of an endpoint, by status.
pub(super) fn responses(described: &DescribedEndpoint) -> Value {
    let mut all = successes(described);
    let mut by_status: BTreeMap<String, Vec<Rejection>> = BTreeMap::new();
    for rejection in examples(described) {
        if applies(&rejection, described) {
            let status = match rejection {
                // It has the status of one of the failures.
                Rejection::BatchFailed { .. } => "default".to_owned(),
                _ => rejection.status().as_str().to_owned(),
            };
            by_status.entry(status).or_default().push(rejection);
        }
    }
    for (status, rejections) in by_status {
        all.insert(status, refusal(&rejections, described));
    }
    Value::Object(all)
}

/// The answers to accepted deliveries.
fn successes(described: &DescribedEndpoint) -> Map<String, Value> {
    let endpoint = &described.endpoint;
    let provider = endpoint.provider;
    let ack = provider.ack_status().to_string();
    let mut all = Map::new();
    if described.inbox.is_some() {
        let text = "The delivery is stored, or was stored before. The handler runs later.";
        all.insert(ack, success(text, provider.success_body()));
        return all;
    }
    let text = if provider.batch().is_some() && has_payload(described) {
        "Every event is handled."
    } else if matches!(provider.success_body(), SuccessBody::Always(_)) {
        "The delivery is handled."
    } else {
        "The delivery is handled. The handler decides what else is in the answer."
    };
    all.insert("200".to_owned(), success(text, provider.success_body()));
    if let Some(limit) = endpoint.respond_within {
        let early = format!("The handler takes longer than {}, and goes on.", time(limit));
        let early = if ack == "200" { format!("{text} Or: {early}") } else { early };
        all.insert(ack, success(&early, provider.success_body()));
    }
    all
}

fn success(text: &str, body: SuccessBody) -> Value {
    match body {
        SuccessBody::FromHandler => json!({"description": text}),
        SuccessBody::Empty => json!({"description": format!("{text} The answer has no body.")}),
        SuccessBody::IfEmpty(expected) => json!({
            "description": text,
            "content": {"text/plain": {"schema": {"type": "string"}, "example": expected}},
        }),
        SuccessBody::Always(expected) => json!({
            "description": text,
            "content": {"text/plain": {"schema": {"type": "string", "const": expected}}},
        }),
    }
}

/// The answer to rejections of one status.
fn refusal(rejections: &[Rejection], described: &DescribedEndpoint) -> Value {
    let reasons: Vec<String> =
        rejections.iter().map(|rejection| when(rejection, described)).collect();
    let description = match &reasons[..] {
        [reason] => reason.clone(),
        reasons => {
            reasons.iter().map(|reason| format!("- {reason}")).collect::<Vec<_>>().join("\n")
        }
    };
    let mut response = Map::new();
    response.insert("description".to_owned(), json!(description));
    let mut headers = Map::new();
    for rejection in rejections {
        let sent = rejection.clone().into_response_with(HeaderMap::new(), http::Extensions::new());
        for (name, value) in sent.headers() {
            if name != http::header::CONTENT_TYPE {
                headers.entry(name.as_str()).or_insert(json!({
                    "description": header_words(name.as_str()),
                    "schema": {"type": "string", "examples": [value.to_str().unwrap_or_default()]},
                }));
            }
        }
    }
    if !headers.is_empty() {
        response.insert("headers".to_owned(), Value::Object(headers));
    }
    if described.endpoint.provider.success_body() != SuccessBody::Empty {
        let examples: Map<String, Value> = rejections
            .iter()
            .map(|it| (it.name().to_owned(), json!({"value": it.problem_members()})))
            .collect();
        let media = json!({"schema": problem_reference(), "examples": examples});
        response.insert("content".to_owned(), json!({PROBLEM: media}));
    }
    Value::Object(response)
}

fn header_words(name: &str) -> &'static str {
    match name {
        "allow" => "The methods of deliveries.",
        "retry-after" => "The seconds until the provider should try again.",
        _ => "A challenge, which every 401 has.",
    }
}
