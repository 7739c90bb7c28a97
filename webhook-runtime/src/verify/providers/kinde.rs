use crate::verify::{Field, Provider, scheme::Jwt};

/// Kinde: [webhooks][docs].
///
/// *Set-up:* in the settings, under Webhooks, add an endpoint with the public URL. There is no
/// secret: the body is a JSON web token, and its key is in the set of keys at
/// `https://<business>.kinde.com/.well-known/jwks`. Name that URL to the
/// [key source](crate::KeySource) for the provider `kinde`.
///
/// The claims are the payload that the handler gets. Kinde signs the tokens of users who log in with
/// the same keys: a token counts as a delivery only with the claims `event_id` and `type`.
///
/// *Not signed:* the URL, and all headers. Kinde sets no limit for the age, and retries with growing
/// pauses; its time-out is *unconfirmed*.
///
/// [docs]: https://docs.kinde.com/integrate/webhooks/about-webhooks/
pub const KINDE: Provider = Provider::custom(
    "kinde",
    &Jwt::rs256_in_body().key_set("kinde").required_claims(&["event_id", "type"]),
)
.with_id(Field::pointer("/event_id"))
.with_event(Field::pointer("/type"))
.with_ack_status(200)
.with_docs_url("https://docs.kinde.com/integrate/webhooks/about-webhooks/");
