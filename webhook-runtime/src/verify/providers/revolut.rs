use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

const DOCS: &str = "https://developer.revolut.com/docs/guides/manage-accounts/webhooks/verify-the-payload-signature";

/// Revolut Business and Merchant: [verifying the payload signature][docs].
///
/// *Set-up:* create the webhook through the API, with the public URL; the secret is the
/// `signing_secret` of the response, `wsk_…`. While it is rotated, a delivery has a signature for
/// each.
///
/// *Not signed:* the headers, except the time, which is in milliseconds and may be five minutes
/// off. The `id` in the body is that of the order or transaction, which has many events, so none is
/// read here. Revolut retries three times, every ten minutes (*unconfirmed*).
///
/// [docs]: https://developer.revolut.com/docs/guides/manage-accounts/webhooks/verify-the-payload-signature
pub const REVOLUT: Provider = Provider::new(
    "revolut",
    Scheme::hmac_sha256()
        .header("revolut-signature")
        .fields(",", "v1")
        .hex()
        .timestamp(
            Timestamp::header("revolut-request-timestamp")
                .unix_millis()
                .with_tolerance(Duration::from_secs(300)),
        )
        .signed("v1.{timestamp}.{body}"),
)
.with_event(Field::pointer("/event"))
.with_docs_url(DOCS);
