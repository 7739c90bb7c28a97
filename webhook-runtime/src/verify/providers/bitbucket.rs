use crate::verify::{Field, Provider, scheme::Scheme};

const SCHEME: Scheme = Scheme::hmac_sha256().header("x-hub-signature").prefix("sha256=").hex();

/// Bitbucket Cloud: [webhooks](https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/).
///
/// *Set-up:* in the repository's or workspace's settings, under Webhooks: the public URL and a
/// secret. The header has the name of GitHub's old one, but carries SHA-256.
///
/// *Not signed:* the headers, and with them the request's id and the event's key. Bitbucket waits
/// ten seconds and tries twice more; that the id stays the same is unconfirmed, like both.
pub const BITBUCKET: Provider = Provider::new("bitbucket", SCHEME)
    .with_id(Field::header("x-request-uuid"))
    .with_event(Field::header("x-event-key"))
    .with_docs_url("https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/");

/// Bitbucket Data Center: [webhooks][docs], signed as [`BITBUCKET`] Cloud signs.
///
/// *Set-up:* in the repository's or project's settings, under Webhooks: the public URL and a
/// secret. With basic authentication in its place, use a provider of your own.
///
/// *Not signed:* the headers, and with them the request's id and the event's key. How long it
/// waits, and whether it tries again, is unconfirmed.
///
/// [docs]: https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html
pub const BITBUCKET_DATA_CENTER: Provider = Provider::new("bitbucket-data-center", SCHEME)
    .with_id(Field::header("x-request-id"))
    .with_event(Field::header("x-event-key"))
    .with_docs_url("https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html");
