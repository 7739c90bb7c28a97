use crate::verify::{Field, Provider, scheme::Scheme};

const DOCS: &str = "https://docs.travis-ci.com/user/notifications/#verifying-webhook-requests";

/// Travis CI: [verifying webhook requests][docs].
///
/// *Set-up:* under `notifications: webhooks` of `.travis.yml`, add the public URL. The secret is
/// Travis CI's public key, in PEM: `config.notifications.webhook.public_key` of
/// `https://api.travis-ci.com/config`. Bodies are forms whose field `payload` is the JSON payload.
///
/// *Not signed:* the headers, `Travis-Repo-Slug` among them, and the other fields of the form. There
/// is no signed time, so a recorded delivery can be replayed at any time. All repositories share the
/// key: a delivery about another repository also verifies here, so check `repository` in the payload.
/// The signature is RSA with SHA-1. Time-out and retries are *unconfirmed*.
///
/// [docs]: https://docs.travis-ci.com/user/notifications/#verifying-webhook-requests
pub const TRAVIS_CI: Provider = Provider::new(
    "travis-ci",
    Scheme::rsa_sha1().header("signature").base64().signs_form_field("payload"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/state"))
.with_json_form_field("payload")
.with_docs_url(DOCS);
