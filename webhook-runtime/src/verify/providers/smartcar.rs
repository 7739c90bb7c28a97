use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[
    Handshake::unsigned(
        "POST",
        &[Condition::BodyIs("/eventType", "VERIFY")],
        HandshakeResponse::Json(&[(
            "challenge",
            RequestValue::HmacHex(&RequestValue::Body("/data/challenge")),
        )]),
    ),
    // Webhooks of the older version.
    Handshake::unsigned(
        "POST",
        &[Condition::BodyIs("/eventName", "verify")],
        HandshakeResponse::Json(&[(
            "challenge",
            RequestValue::HmacHex(&RequestValue::Body("/payload/challenge")),
        )]),
    ),
];

/// Smartcar: [webhooks](https://smartcar.com/docs/integrations/webhooks/overview).
///
/// *Set-up:* in the dashboard, under Webhooks: the public URL. The secret is the application
/// management token. Smartcar first sends a challenge. This crate answers with the first secret:
/// while you rotate it, put the new one first.
///
/// *Not signed:* the headers. Id and type are in the body (current version; older webhooks call the
/// type `eventName`). There is no signed time of sending. Smartcar expects the answer to its
/// challenge within 15 seconds; its other time-outs and its retries are *unconfirmed*.
pub const SMARTCAR: Provider =
    Provider::new("smartcar", Scheme::hmac_sha256().header("sc-signature").hex())
        .with_id(Field::pointer("/eventId"))
        .with_event(Field::pointer("/eventType"))
        .with_event_fallbacks(&[Field::Pointer("/eventName")])
        .with_handshakes(HANDSHAKES)
        .with_docs_url("https://smartcar.com/docs/integrations/webhooks/overview");
