use std::time::Duration;

use crate::verify::{
    BatchLayout, Provider,
    scheme::{Scheme, Timestamp},
};

const DOCS: &str = "https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation";

/// The layout of all versions.
const BATCH: BatchLayout = BatchLayout::at("")
    .with_id("/eventId")
    .with_id_parts(&["/subscriptionId", "/objectId", "/occurredAt"])
    .with_event("/subscriptionType");

/// `HubSpot`'s signature of version 3: [validating requests][docs].
///
/// *Set-up:* in the app's settings: the target URL and the subscriptions. The secret is the app's
/// client secret. The URL is signed, so configure the public URL.
///
/// *Not signed:* the other headers. A request is a batch of up to a hundred events of any types,
/// each with a `subscriptionType` and an `eventId`, which is unique only within its subscription
/// (*unconfirmed*). So the id here combines event, subscription, object and time. The time may be
/// five minutes off, to the millisecond. Workflows can also send [GET requests][get], without a
/// body: the payload is then the query, one event without a name. `HubSpot` waits five seconds and retries ten times within
/// a day (batch, time-out and attempts *unconfirmed*).
///
/// [docs]: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
/// [get]: https://knowledge.hubspot.com/workflows/send-get-requests-with-hubspot-workflows
pub const HUBSPOT: Provider = Provider::new(
    "hubspot-v3",
    Scheme::hmac_sha256()
        .header("x-hubspot-signature-v3")
        .base64()
        .timestamp(
            Timestamp::header("x-hubspot-request-timestamp")
                .unix_millis()
                .with_tolerance(Duration::from_secs(300)),
        )
        .signed("{method}{decoded_url}{body}{timestamp}"),
)
.with_batch(BATCH)
.with_methods("POST, GET")
.with_docs_url(DOCS);

/// `HubSpot`'s signature of version 1, for webhooks of older apps. Use [`HUBSPOT`] if its header is
/// sent: this is a plain hash of secret and body, and without a time.
///
/// The body must be UTF-8: no such hash can then be continued with more text (length extension).
///
/// *Set-up:* as for [`HUBSPOT`]. *Not signed:* method, URL and headers. Of a GET request that is
/// everything: who has seen one can send others with any query. Use [`HUBSPOT`] or [`HUBSPOT_V2`]
/// for workflows that send GET.
pub const HUBSPOT_V1: Provider = Provider::new(
    "hubspot-v1",
    Scheme::sha256()
        .header("x-hubspot-signature")
        .hex()
        .require_headers(&[("x-hubspot-signature-version", "v1")])
        .signed("{secret}{body}"),
)
.with_batch(BATCH)
.with_methods("POST, GET")
.with_docs_url(DOCS);

/// `HubSpot`'s signature of version 2, for webhooks of workflows. Use [`HUBSPOT`] if its header is
/// sent: this is a plain hash that begins with the secret, and without a time.
///
/// The body must be UTF-8: no such hash can then be continued with more text (length extension).
///
/// *Set-up:* as for [`HUBSPOT`]. *Not signed:* headers.
pub const HUBSPOT_V2: Provider = Provider::new(
    "hubspot-v2",
    Scheme::sha256()
        .header("x-hubspot-signature")
        .hex()
        .require_headers(&[("x-hubspot-signature-version", "v2")])
        .signed("{secret}{method}{url}{body}"),
)
.with_batch(BATCH)
.with_methods("POST, GET")
.with_docs_url(DOCS);
