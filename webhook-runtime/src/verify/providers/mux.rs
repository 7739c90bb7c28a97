use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Mux: [verifying webhook signatures][docs].
///
/// *Set-up:* in the settings of an environment, under Webhooks: the public URL; the secret is the
/// webhook's signing secret.
///
/// *Not signed:* the headers, except the time in the signature header. Id and type are in the body.
/// Mux's own code only limits the age. Here the time may be five minutes off either way. Mux
/// retries for a day (*unconfirmed*).
///
/// [docs]: https://www.mux.com/docs/core/verify-webhook-signatures
pub const MUX: Provider = Provider::new(
    "mux",
    Scheme::hmac_sha256()
        .header("mux-signature")
        .fields(",", "v1")
        .hex()
        .timestamp(Timestamp::field("t").with_tolerance(Duration::from_secs(300)))
        .signed("{timestamp}.{body}"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/type"))
.with_docs_url("https://www.mux.com/docs/core/verify-webhook-signatures");
