use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Surge: [signature validation][docs].
///
/// *Set-up:* in the dashboard, under Webhooks: the public URL; the secret is the endpoint's signing
/// secret. While it is rotated, a delivery has a signature for each.
///
/// *Not signed:* the headers, except the time in the signature header. Surge advises five minutes;
/// this crate accepts deliveries of that age, and any from the future. Id and type are in the body.
/// Its time-out and retries are *unconfirmed*.
///
/// [docs]: https://docs.surge.app/api-reference/webhooks/signature-validation
pub const SURGE: Provider = Provider::new(
    "surge",
    Scheme::hmac_sha256()
        .header("surge-signature")
        .fields(",", "v1")
        .hex()
        .timestamp(Timestamp::field("t").without_window().with_max_age(Duration::from_secs(300)))
        .signed("{timestamp}.{body}"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/type"))
.with_docs_url("https://docs.surge.app/api-reference/webhooks/signature-validation");
