use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// `WorkOS`: [webhooks](https://workos.com/docs/webhooks).
///
/// *Set-up:* in the dashboard, under Webhooks: the public URL; the secret is the endpoint's signing
/// secret.
///
/// *Not signed:* the headers, except the time in the signature header, in milliseconds. Id and
/// event are in the body. The time may be three minutes off, as in `WorkOS`'s own libraries.
/// `WorkOS` retries for three days (*unconfirmed*).
pub const WORKOS: Provider = Provider::new(
    "workos",
    Scheme::hmac_sha256()
        .header("workos-signature")
        .fields(", ", "v1")
        .hex()
        .timestamp(Timestamp::field("t").unix_millis().with_tolerance(Duration::from_secs(180)))
        .signed("{timestamp}.{body}"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/event"))
.with_docs_url("https://workos.com/docs/webhooks");
