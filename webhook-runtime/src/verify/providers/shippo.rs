use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Shippo: [webhook security][docs], by HMAC signature.
///
/// *Set-up:* ask Shippo for HMAC and its secret; then add the public URL in the settings, under
/// API, Webhooks. (Without it, a token in the URL is all there is: write a provider of your own.)
///
/// *Not signed:* the headers, except the time in the signature header, for which no limit is
/// documented: set a `tolerance`. `object_id` is the id of the object, not of the delivery. Its
/// time-out and retries are *unconfirmed*.
///
/// [docs]: https://docs.goshippo.com/tracking/webhook-security
pub const SHIPPO: Provider = Provider::new(
    "shippo",
    Scheme::hmac_sha256()
        .header("shippo-auth-signature")
        .fields(",", "v1")
        .hex()
        .timestamp(Timestamp::field("t").without_window())
        .signed("{timestamp}.{body}"),
)
.with_event(Field::pointer("/event"))
.with_docs_url("https://docs.goshippo.com/tracking/webhook-security");
