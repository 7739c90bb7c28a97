use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

const DOCS: &str = "https://docs.recurly.com/recurly-subscriptions/docs/signature-verification";

/// Recurly: [signature verification][docs] of JSON webhooks.
///
/// *Set-up:* under Integrations, Webhooks, add an endpoint with the public URL and the format JSON;
/// the secret is the endpoint's secret key. While it is rotated, the header has several signatures
/// behind the time. Webhooks in XML are not signed.
///
/// *Not signed:* the headers, except the time in the signature header, which may be five minutes off.
/// Recurly retries ten times, with growing pauses.
///
/// [docs]: https://docs.recurly.com/recurly-subscriptions/docs/signature-verification
pub const RECURLY: Provider = Provider::new(
    "recurly",
    Scheme::hmac_sha256()
        .header("recurly-signature")
        .list(",")
        .hex()
        .timestamp(
            Timestamp::first_in_list().unix_millis().with_tolerance(Duration::from_secs(300)),
        )
        .signed("{timestamp}.{body}"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/event_type"))
.with_docs_url(DOCS);
