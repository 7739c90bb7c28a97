use crate::verify::{Field, Provider, scheme::Jwt};

/// Atlassian Connect apps: [query string hash][docs].
///
/// *Set-up:* the secret is the shared secret from the installation, one for each installation: see
/// [`SecretSource`](crate::SecretSource). Configure the public URL, without a path if the app's
/// base URL has none.
///
/// *Not signed:* the body. The token covers method, path and query.
///
/// [docs]: https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/
pub const ATLASSIAN_CONNECT: Provider = Provider::custom(
    "atlassian-connect",
    &Jwt::hs256("authorization").prefix("JWT ").require_expiry().request_sha256("qsh"),
)
.with_event(Field::pointer("/webhookEvent"))
.with_docs_url(
    "https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/",
);
