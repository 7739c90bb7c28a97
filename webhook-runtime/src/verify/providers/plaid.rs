use std::time::Duration;

use crate::verify::{
    Copies, Provider, Source,
    scheme::{BodyHash, Jwt},
};

/// Plaid: [webhook verification][docs].
///
/// *Set-up:* no secret. A [`KeySource`](crate::KeySource) asks Plaid's
/// `/webhook_verification_key/get` for the key (a JWK) of the id it is given, with the client id
/// and secret of the account.
///
/// *Not signed:* headers. A delivery is valid for five minutes.
///
/// [docs]: https://plaid.com/docs/api/webhooks/webhook-verification/
pub const PLAID: Provider = Provider::custom(
    "plaid",
    &Jwt::es256("plaid-verification")
        .issued_within(Duration::from_secs(300))
        .body_sha256("request_body_sha256", BodyHash::Hex),
)
.event(Source::pointer("/webhook_type"))
.action(Source::pointer("/webhook_code"))
.copies(Copies::None)
.docs("https://plaid.com/docs/api/webhooks/webhook-verification/");
