use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme, Timestamp},
};

/// Finch: webhooks, in its [documentation][docs]. They follow Standard Webhooks, with names of
/// their own and another key encoding.
///
/// *Set-up:* in the dashboard, under Webhooks: the public URL; the secret is base64 without a
/// prefix.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Its time-out
/// and retries are *unconfirmed*.
///
/// [docs]: https://developer.tryfinch.com/
pub const FINCH: Provider = Provider::new(
    "finch",
    Scheme::hmac_sha256()
        .key(KeyEncoding::Base64)
        .header("finch-signature")
        .versions("v1")
        .base64()
        .id_header("finch-event-id")
        .timestamp(Timestamp::header("finch-timestamp").with_tolerance(Duration::from_secs(300)))
        .signed("{id}.{timestamp}.{body}"),
)
.with_id(Field::header("finch-event-id"))
.with_event(Field::pointer("/event_type"))
.with_docs_url("https://developer.tryfinch.com/");
