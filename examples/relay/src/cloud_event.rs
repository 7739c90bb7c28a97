//! A delivery in the form of CloudEvents 1.0, in the binary mode of their binding for NATS: attributes are
//! headers, and the body stays as it was sent.

use std::fmt::Write as _;

use async_nats::HeaderMap;
use axum::http::header;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use webhook_runtime::{Delivery, IdempotencyKey};

/// The attributes of a delivery.
pub(crate) fn attributes(key: &IdempotencyKey, delivery: &Delivery) -> HeaderMap {
    let mut attributes = HeaderMap::new();
    let mut set = |name: &str, value: &str| attributes.insert(name, &*encoded(value));
    set("ce-specversion", "1.0");
    // Events with one id and one source are copies of each other: with the id that Stripe gives, a
    // replay would be a copy.
    set("ce-id", key.as_str());
    set("ce-source", &format!("/webhooks/{}", delivery.endpoint()));
    set("ce-type", &format!("com.stripe.{}", delivery.event().as_deref().unwrap_or("unknown")));
    if let Some(id) = delivery.id() {
        set("ce-subject", &id);
    }
    // The same in every attempt.
    if let Ok(time) = OffsetDateTime::from(delivery.received_at()).format(&Rfc3339) {
        set("ce-time", &time);
    }
    let content_type = delivery.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    set("ce-datacontenttype", content_type.unwrap_or("application/json"));
    attributes
}

/// The text of a header. All but visible ASCII characters, and `"` and `%`, are percent-encoded, so that
/// no text of a sender ends the header.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'"' && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn text_of_senders_stays_in_its_header() {
        for (text, wanted) in [
            ("payment_intent.succeeded", "payment_intent.succeeded"),
            ("a\r\nNats-Msg-Id: 1", "a%0D%0ANats-Msg-Id:%201"),
            ("\"100%\"", "%22100%25%22"),
            ("Euro €", "Euro%20%E2%82%AC"),
            ("\u{7f}\0", "%7F%00"),
        ] {
            assert_eq!(encoded(text), wanted);
        }
    }
}
