use std::time::Duration;

use crate::verify::{
    BatchLayout, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::Scheme,
};

/// Asana sends the secret once, before the first event, and expects an echo.
const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "POST",
    &[Condition::Header("x-hook-secret")],
    HandshakeResponse::StoreSecret(RequestValue::Header("x-hook-secret"), Some("x-hook-secret")),
)];

/// Asana: [webhooks](https://developers.asana.com/docs/webhooks-guide).
///
/// *Set-up:* create the webhook through the API while the endpoint runs. Asana first posts the
/// secret in `X-Hook-Secret`, unsigned, with a new secret for every webhook. The secret source
/// stores it, and must never let a later one replace it.
///
/// *Not signed:* the headers. A delivery has no id, and contains any number of events, each with
/// its own `action`. One without events is a heartbeat. Asana waits ten seconds, and retries for a
/// day.
pub const ASANA: Provider =
    Provider::new("asana", Scheme::hmac_sha256().header("x-hook-signature").hex())
        .with_batch(
            BatchLayout::at("/events").with_event("/resource/resource_type").with_action("/action"),
        )
        .with_handshakes(HANDSHAKES)
        .with_docs_url("https://developers.asana.com/docs/webhooks-guide")
        .with_response_timeout(Duration::from_secs(10))
        .with_retry_period(Duration::from_secs(24 * 60 * 60));
