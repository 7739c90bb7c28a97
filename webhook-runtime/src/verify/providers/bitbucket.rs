use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse},
    scheme::Scheme,
};

const SCHEME: Scheme = Scheme::hmac_sha256().header("x-hub-signature").prefix("sha256=").hex();

/// Bitbucket Cloud: [webhooks](https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/).
///
/// *Set-up:* in the repository's or workspace's settings, under Webhooks: the public URL and a
/// secret. The header has the name of GitHub's old one, but contains SHA-256.
///
/// *Not signed:* the headers, including the request's id and the event's key. Bitbucket waits ten
/// seconds and retries twice, with the same id (all *unconfirmed*).
pub const BITBUCKET: Provider = Provider::new("bitbucket", SCHEME)
    .with_id(Field::header("x-request-uuid"))
    .with_event(Field::header("x-event-key"))
    .with_event_names(EVENT_NAMES)
    .with_docs_url("https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/");

/// Bitbucket Data Center: [webhooks][docs], with the same signature as [`BITBUCKET`].
///
/// *Set-up:* in the repository's or project's settings, under Webhooks: the public URL and a
/// secret. If you use basic authentication instead, write a provider of your own.
///
/// Its button "Test connection" sends a ping, the event `diagnostics:ping`, [without a
/// signature][ping] even if there is a secret: seen in 5.6, and still assumed by receivers of 8.15;
/// later versions are *unconfirmed*. This crate answers 200 to a ping without a signature, and
/// calls no handler. A signed one is a delivery.
///
/// *Not signed:* the headers, including the request's id and the event's key. Its time-out and
/// retries are *unconfirmed*.
///
/// [docs]: https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html
/// [ping]: https://github.com/runatlantis/atlantis/issues/474
pub const BITBUCKET_DATA_CENTER: Provider = Provider::new("bitbucket-data-center", SCHEME)
    .with_id(Field::header("x-request-id"))
    .with_event(Field::header("x-event-key"))
    .with_handshakes(&[Handshake::unsigned(
        "POST",
        &[
            Condition::HeaderIs("x-event-key", "diagnostics:ping"),
            Condition::HeaderLacks("x-hub-signature"),
        ],
        HandshakeResponse::Empty(200),
    )])
    .with_docs_url("https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html");

/// The events of Bitbucket Cloud: [the list](https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/).
const EVENT_NAMES: &[&str] = &[
    "issue:comment_created",
    "issue:created",
    "issue:updated",
    "pipeline:span_created",
    "project:updated",
    "pullrequest:approved",
    "pullrequest:changes_request_created",
    "pullrequest:changes_request_removed",
    "pullrequest:comment_created",
    "pullrequest:comment_deleted",
    "pullrequest:comment_reopened",
    "pullrequest:comment_resolved",
    "pullrequest:comment_updated",
    "pullrequest:created",
    "pullrequest:fulfilled",
    "pullrequest:push",
    "pullrequest:rejected",
    "pullrequest:unapproved",
    "pullrequest:updated",
    "repo:commit_comment_created",
    "repo:commit_status_created",
    "repo:commit_status_updated",
    "repo:created",
    "repo:deleted",
    "repo:fork",
    "repo:imported",
    "repo:push",
    "repo:transfer",
    "repo:updated",
];
