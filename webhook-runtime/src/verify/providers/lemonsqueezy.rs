use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Lemon Squeezy: [signing requests][docs].
///
/// *Set-up:* in the settings, under Webhooks: the public URL and a signing secret.
///
/// *Not signed:* the headers; the event is read from the body, where it is signed. A delivery has
/// no id. Lemon Squeezy accepts only 200, and retries three times, after about 5, 25 and 125
/// seconds; its time-out is not documented.
///
/// [docs]: https://docs.lemonsqueezy.com/help/webhooks/signing-requests
pub const LEMONSQUEEZY: Provider =
    Provider::new("lemonsqueezy", Scheme::hmac_sha256().header("x-signature").hex())
        .with_event(Field::pointer("/meta/event_name"))
        .with_ack_status(200)
        .with_docs_url("https://docs.lemonsqueezy.com/help/webhooks/signing-requests")
        .with_retry_period(Duration::from_secs(5 + 25 + 125));
