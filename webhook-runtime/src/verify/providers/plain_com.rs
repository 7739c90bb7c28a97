use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Plain (plain.com): [request signing](https://www.plain.com/docs/api-reference/request-signing).
///
/// *Set-up:* in the settings, under Request signing: the secret; under Webhooks: the public URL.
///
/// *Not signed:* the headers. The time of the attempt is read from the body instead, and may be
/// five minutes off. Id and type are in the body; a retry repeats the id, and has another time and
/// so other bytes. The signature was confirmed with third-party code only. Its time-out and retries
/// are *unconfirmed*.
pub const PLAIN_COM: Provider = Provider::new(
    "plain-com",
    Scheme::hmac_sha256().header("plain-request-signature").hex().timestamp(
        Timestamp::pointer("/webhookMetadata/webhookDeliveryAttemptTimestamp")
            .rfc3339()
            .with_tolerance(Duration::from_secs(300)),
    ),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/type"))
.with_docs_url("https://www.plain.com/docs/api-reference/request-signing");
