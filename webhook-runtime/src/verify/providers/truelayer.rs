use crate::verify::{
    Field, Provider,
    scheme::{Jws, Timestamp},
};

/// `TrueLayer`: [webhooks][docs].
///
/// *Set-up:* enter the public URL in the console. There is no secret: a
/// [`KeySource`](crate::KeySource) fetches the keys of `TrueLayer`'s live or test environment, as the
/// signature names it.
///
/// *Not signed:* headers other than those that the signature lists, which have the time among them,
/// and the query. `TrueLayer` sets no limit for the age of a delivery. It retries for up to three
/// days (*unconfirmed*).
///
/// [docs]: https://docs.truelayer.com/docs/webhooks
pub const TRUELAYER: Provider = Provider::custom(
    "truelayer",
    &Jws::es512("tl-signature")
        .key_set_urls(&[
            "https://webhooks.truelayer.com/.well-known/jwks",
            "https://webhooks.truelayer-sandbox.com/.well-known/jwks",
        ])
        .parameters(&[("tl_version", "2")])
        .signs_request("tl_headers", &["x-tl-webhook-timestamp"])
        .timestamp(Timestamp::header("x-tl-webhook-timestamp").rfc3339().without_window()),
)
.with_id(Field::pointer("/event_id"))
.with_event(Field::pointer("/type"))
.with_docs_url("https://docs.truelayer.com/docs/webhooks");
