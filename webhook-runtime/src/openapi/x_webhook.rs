//! The extension `x-webhook`, for facts that `OpenAPI` has no words for.

use serde_json::{Map, Value, json};

use super::{
    events::Event,
    handshakes,
    security::key_form,
    words::{place, time},
};
use crate::{
    delivery::PayloadKind,
    endpoint::Endpoint,
    verify::{
        BatchLayout, Deduplication, Field, Provider,
        scheme::{ReplayWindow, Scheme},
    },
    webhooks::{DescribedEndpoint, DescribedQuota},
};

/// Everything about an endpoint, for programs and for pages.
pub(super) fn x_webhook(described: &DescribedEndpoint, events: &[Event]) -> Value {
    let endpoint = &described.endpoint;
    let provider = endpoint.provider;
    let mut all = Map::new();
    let mut add = |name: &str, value: Value| all.insert(name.to_owned(), value);
    add("provider", json!(provider.name()));
    if !provider.docs_url().is_empty() {
        add("documentation", json!(provider.docs_url()));
    }
    add("signature", signature(provider));
    add("covers", covers(provider));
    add("replayWindow", json!(replay_window(endpoint)));
    for (name, field) in
        [("id", provider.id()), ("event", provider.event()), ("action", provider.action())]
    {
        if let Some(field) = field {
            add(name, value_at(provider, field));
        }
    }
    if let Some(layout) = provider.batch() {
        add("batch", batch(layout, endpoint.payload_shape.kind));
    }
    if !events.is_empty() {
        add("events", events.iter().map(|event| json!(event.name)).collect());
    }
    add("duplicates", json!(duplicates(described)));
    add("retries", json!(retries(described)));
    if let Some(limit) = provider.response_timeout() {
        add("responseTimeout", json!(time(limit)));
    }
    if let Some(limit) = endpoint.respond_within {
        add("respondWithin", json!(time(limit)));
    }
    add("limits", limits(described));
    if provider.has_handshakes() {
        add("handshakes", handshakes::list(endpoint));
    }
    Value::Object(all)
}

fn signature(provider: &Provider) -> Value {
    let info = provider.scheme_info();
    let Some(scheme) = provider.scheme() else {
        let place = match info.signature_header {
            "" => json!("in the body"),
            header => json!(format!("{header}: …")),
        };
        return json!({
            "algorithm": info.summary, "pattern": place, "fetchesKeys": info.fetches_keys,
        });
    };
    let mut all = Map::new();
    all.insert("algorithm".to_owned(), json!(scheme.algorithm()));
    all.insert("pattern".to_owned(), json!(scheme.signature_pattern()));
    if !scheme.is_credential() {
        all.insert("encoding".to_owned(), json!(scheme.encoding()));
        all.insert("signed".to_owned(), json!(scheme.signed_template()));
        all.insert("key".to_owned(), json!(key_form(scheme.key_encoding())));
    }
    let others = scheme.alternatives().iter();
    let others: Map<String, Value> =
        others.map(|(main, other)| ((*main).to_owned(), json!(other))).collect();
    if !others.is_empty() {
        all.insert("otherHeaders".to_owned(), Value::Object(others));
    }
    Value::Object(all)
}

fn covers(provider: &Provider) -> Value {
    let info = provider.scheme_info();
    let mut headers: Vec<&str> = info.signed_headers.to_vec();
    if let Some(scheme) = provider.scheme() {
        headers.extend(scheme.signed_id_header());
        headers.extend(scheme.timestamp_header());
    }
    let mut covers = json!({
        "body": info.signs_body,
        "url": info.signs_url,
        "method": info.signs_method,
        "time": info.signs_time,
        "headers": headers,
    });
    if !info.signed_pointers.is_empty() {
        covers["pointers"] = json!(info.signed_pointers);
    }
    if let Some(field) = info.signed_form_field {
        covers["formField"] = json!(field);
    }
    covers
}

/// The time for which a recorded delivery stays genuine.
pub(super) fn replay_window(endpoint: &Endpoint) -> String {
    let window = match (endpoint.tolerance, endpoint.provider.scheme_info().replay_window) {
        (Some(tolerance), _) => ReplayWindow::Limited(tolerance),
        (None, window) => window,
    };
    match window {
        ReplayWindow::Unlimited => "as long as the secret is valid".to_owned(),
        ReplayWindow::Limited(window) => time(window),
        ReplayWindow::UntilExpiry => "until the expiry in the delivery".to_owned(),
        ReplayWindow::UntilOptionalExpiry => {
            "until the expiry in the delivery, if it has one".to_owned()
        }
    }
}

fn value_at(provider: &Provider, field: Field) -> Value {
    let (kind, at) = match field {
        Field::Header(name) => ("header", name),
        Field::Pointer(pointer) => ("pointer", pointer),
    };
    json!({kind: at, "signed": provider.signs(field)})
}

fn batch(layout: &BatchLayout, kind: PayloadKind) -> Value {
    let mut all = Map::new();
    let handled = match kind {
        PayloadKind::Item => "one by one",
        PayloadKind::Batch | PayloadKind::Delivery => "all together",
    };
    all.insert("handled".to_owned(), json!(handled));
    all.insert("array".to_owned(), json!(layout.array()));
    for (name, pointer) in [
        ("inner", layout.inner()),
        ("id", layout.id()),
        ("event", layout.event()),
        ("action", layout.action()),
    ] {
        if let Some(pointer) = pointer {
            all.insert(name.to_owned(), json!(pointer));
        }
    }
    Value::Object(all)
}

/// The fate of a delivery that comes twice, in one or two sentences.
pub(super) fn duplicates(described: &DescribedEndpoint) -> String {
    let provider = described.endpoint.provider;
    let Some(inbox) = described.inbox else {
        let id = provider.id().map_or(String::new(), |id| {
            let signed = if provider.signs(id) { "is signed" } else { "is not signed" };
            format!(" A retry has the same id in {}, which {signed}.", place(id))
        });
        return format!("Each delivery that comes again is handled again.{id}");
    };
    let by = match (signed_id(provider), provider.deduplication()) {
        (true, _) => "the same signed id",
        (false, Deduplication::SignedBytes) => "the same signed bytes",
        (false, Deduplication::SignedBytesAndEvent) => "the same signed bytes and event name",
        (false, Deduplication::Disabled) => {
            return "No delivery counts as a duplicate: the provider sends the same bytes for every change."
                .to_owned();
        }
    };
    let during =
        inbox.dedup_retention.map_or(String::new(), |kept| format!(", for {}", time(kept)));
    format!("A delivery with {by} is accepted and not handled again{during}.")
}

/// True if the id of a delivery, or of an item, is signed.
fn signed_id(provider: &Provider) -> bool {
    let in_scheme = provider.scheme().and_then(Scheme::signed_id_header).is_some();
    let of_item = provider
        .batch()
        .and_then(BatchLayout::id)
        .is_some_and(|pointer| provider.signs_pointer(pointer));
    let of_delivery = provider.id().is_some_and(|id| provider.signs(id));
    in_scheme || of_item || of_delivery
}

/// The retries of the provider, and those of a stored delivery.
pub(super) fn retries(described: &DescribedEndpoint) -> String {
    let provider = described.endpoint.provider;
    let mut words = vec![match provider.retry_period() {
        Some(period) => format!("The provider may send again for {}.", time(period)),
        None => {
            "The provider takes every answer but 2xx as a failure, and may send again.".to_owned()
        }
    }];
    if let Some(inbox) = described.inbox {
        let attempts =
            inbox.max_attempts.map_or(String::new(), |max| format!(", up to {max} times"));
        words.push(format!("A stored delivery whose handler fails runs again{attempts}."));
    }
    words.join(" ")
}

fn limits(described: &DescribedEndpoint) -> Value {
    let endpoint = &described.endpoint;
    let mut all = Map::new();
    all.insert("maxBody".to_owned(), json!(endpoint.max_body));
    all.insert("bodyTimeout".to_owned(), json!(time(described.body_timeout)));
    if let Some(max) = endpoint.max_in_flight {
        all.insert("maxInFlight".to_owned(), json!(max));
    }
    for (name, quota) in
        [("perPeer", described.peer_quota), ("perEndpoint", described.endpoint_quota)]
    {
        if let Some(DescribedQuota { requests, period, burst }) = quota {
            let quota = json!({"requests": requests, "period": time(period), "burst": burst});
            all.insert(name.to_owned(), quota);
        }
    }
    Value::Object(all)
}
