use std::time::Duration;

use crate::verify::{Provider, Source, scheme::Scheme};

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
        .id(Source::header("idempotency-key"))
        .event(Source::header("x-gitlab-event"))
        .action(Source::pointer("/object_attributes/action"))
        .docs(DOCS)
        .times_out_after(Duration::from_secs(10));

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
    .id(Source::header("webhook-id"))
    .event(Source::header("x-gitlab-event"))
    .action(Source::pointer("/object_attributes/action"))
    .docs(DOCS)
    .times_out_after(Duration::from_secs(10));
