use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Twilio Segment, destination Webhooks: [webhooks][docs].
///
/// *Set-up:* in the destination's settings: the public URL and a shared secret of your own.
///
/// *Not signed:* the headers. The signature is HMAC with SHA-1; Segment offers nothing better. The
/// event is the kind of the call, such as `track`, the action is the name of a tracked event, and
/// the id is the `messageId` of the call. Leave batches off: of those, only the first call is
/// signed (*unconfirmed*). Segment retries for four hours.
///
/// [docs]: https://segment.com/docs/connections/destinations/catalog/webhooks/
pub const SEGMENT: Provider =
    Provider::new("segment", Scheme::hmac_sha1().header("x-signature").hex())
        .with_id(Field::pointer("/messageId"))
        .with_event(Field::pointer("/type"))
        .with_action(Field::pointer("/event"))
        .with_docs_url("https://segment.com/docs/connections/destinations/catalog/webhooks/")
        .with_retry_period(Duration::from_secs(4 * 60 * 60));
