use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme, Timestamp},
};

/// Telnyx, version 2: [receiving webhooks][docs].
///
/// *Set-up:* in the portal, on the application, profile or number: the public URL. The secret is
/// the public key under Account, Public Key, in base64.
///
/// *Not signed:* the headers, except the time, which may be five minutes off. All webhooks of an
/// account have the same key. Id and type are in the body. Telnyx waits two seconds, and retries
/// twice (both *unconfirmed*).
///
/// [docs]: https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
pub const TELNYX: Provider = Provider::new(
    "telnyx",
    Scheme::ed25519()
        .header("telnyx-signature-ed25519")
        .base64()
        .key(KeyEncoding::Base64)
        .timestamp(Timestamp::header("telnyx-timestamp").with_tolerance(Duration::from_secs(300)))
        .signed("{timestamp}|{body}"),
)
.with_id(Field::pointer("/data/id"))
.with_event(Field::pointer("/data/event_type"))
.with_docs_url("https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks");
