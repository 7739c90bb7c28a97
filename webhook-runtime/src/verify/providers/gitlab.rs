use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

const DOCS: &str = "https://docs.gitlab.com/user/project/integrations/webhooks/";

/// GitLab's secret token: [webhooks](https://docs.gitlab.com/user/project/integrations/webhooks/).
/// If GitLab offers a signing token, use [`GITLAB_SIGNING`].
///
/// *Set-up:* in the project's or group's settings, under Webhooks: the public URL and a secret
/// token.
///
/// *Not signed:* everything. The token only identifies the sender: anyone who has seen one request
/// can forge others. GitLab repeats the id in retries. It waits ten seconds, and disables a webhook
/// that keeps failing.
pub const GITLAB: Provider =
    Provider::new("gitlab-token", Scheme::token().header("x-gitlab-token"))
        .with_id(Field::header("idempotency-key"))
        .with_event(Field::header("x-gitlab-event"))
        .with_event_names(EVENT_NAMES)
        .with_action(Field::pointer("/object_attributes/action"))
        .with_docs_url(DOCS)
        .with_response_timeout(Duration::from_secs(10));

/// GitLab's signing token, by Standard Webhooks:
/// [webhooks](https://docs.gitlab.com/user/project/integrations/webhooks/).
///
/// *Set-up:* in the project's or group's settings, under Webhooks: the public URL and a signing
/// token, `whsec_…`, which is the secret.
///
/// *Not signed:* the headers, except id and time. So the event's name is not signed; `object_kind`
/// in the body is much the same. The time may be five minutes off. GitLab waits ten seconds, and
/// disables a webhook that keeps failing.
pub const GITLAB_SIGNING: Provider = Provider::new("gitlab-signing", Scheme::standard_webhooks())
    .with_id(Field::header("webhook-id"))
    .with_event(Field::header("x-gitlab-event"))
    .with_event_names(EVENT_NAMES)
    .with_action(Field::pointer("/object_attributes/action"))
    .with_docs_url(DOCS)
    .with_response_timeout(Duration::from_secs(10));

/// The events of GitLab: [the list](https://docs.gitlab.com/user/project/integrations/webhook_events/).
const EVENT_NAMES: &[&str] = &[
    "Confidential Issue Hook",
    "Confidential Note Hook",
    "Deployment Hook",
    "Emoji Hook",
    "Feature Flag Hook",
    "Issue Hook",
    "Job Hook",
    "Member Hook",
    "Merge Request Hook",
    "Milestone Hook",
    "Note Hook",
    "Pipeline Hook",
    "Project Hook",
    "Push Hook",
    "Release Hook",
    "Resource Access Token Hook",
    "Resource Deploy Token Hook",
    "Subgroup Hook",
    "System Hook",
    "Tag Push Hook",
    "Vulnerability Hook",
    "Wiki Page Hook",
];
