use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

const DOCS: &str = "https://docs.gitlab.com/user/project/integrations/webhooks/";

/// GitLab's secret token: [webhooks](https://docs.gitlab.com/user/project/integrations/webhooks/).
/// Where GitLab offers a signing token, use [`GITLAB_SIGNING`].
///
/// *Set-up:* in the project's or group's settings, under Webhooks: the public URL and a secret
/// token.
///
/// *Not signed:* anything. The token proves who sends, and whoever has seen one request can send
/// others. The id stays the same when GitLab tries again. GitLab waits ten seconds, and switches
/// off a webhook that keeps failing.
pub const GITLAB: Provider =
    Provider::new("gitlab-token", Scheme::token().header("x-gitlab-token"))
        .with_id(Field::header("idempotency-key"))
        .with_event(Field::header("x-gitlab-event"))
        .with_action(Field::pointer("/object_attributes/action"))
        .with_docs_url(DOCS)
        .with_response_timeout(Duration::from_secs(10));

/// GitLab's signing token, by Standard Webhooks:
/// [webhooks](https://docs.gitlab.com/user/project/integrations/webhooks/).
///
/// *Set-up:* in the project's or group's settings, under Webhooks: the public URL and a signing
/// token, `whsec_…`, which is the secret.
///
/// *Not signed:* the headers, but for id and time, and with them the event's name; `object_kind`
/// in the body says much the same. The time may be five minutes off. GitLab waits ten seconds, and
/// switches off a webhook that keeps failing.
pub const GITLAB_SIGNING: Provider = Provider::new("gitlab-signing", Scheme::standard_webhooks())
    .with_id(Field::header("webhook-id"))
    .with_event(Field::header("x-gitlab-event"))
    .with_action(Field::pointer("/object_attributes/action"))
    .with_docs_url(DOCS)
    .with_response_timeout(Duration::from_secs(10));
