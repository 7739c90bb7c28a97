use std::time::Duration;

use crate::verify::{
    Deduplication, Field, Provider,
    scheme::{BodyHash, Jwt},
};

/// Plaid: [webhook verification][docs].
///
/// *Set-up:* no secret. A [`KeySource`](crate::KeySource) fetches the key (a JWK) by its id from
/// Plaid's `/webhook_verification_key/get`, with the client id and secret of the account. Return
/// the object `key` as it is: a key whose `expired_at` is over, or that is not the one that the
/// delivery names, is refused.
///
/// *Not signed:* headers. A delivery is valid for five minutes.
///
/// [docs]: https://plaid.com/docs/api/webhooks/webhook-verification/
pub const PLAID: Provider = Provider::custom(
    "plaid",
    &Jwt::es256("plaid-verification")
        .max_age(Duration::from_secs(300))
        .body_sha256("request_body_sha256", BodyHash::Hex),
)
.with_event(Field::pointer("/webhook_type"))
.with_action(Field::pointer("/webhook_code"))
.with_deduplication(Deduplication::Disabled)
.with_docs_url("https://plaid.com/docs/api/webhooks/webhook-verification/");
