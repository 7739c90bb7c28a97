use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Langfuse: [webhooks][docs].
///
/// *Set-up:* in the project, under Prompts, Automations: a webhook with the public URL; the secret
/// is shown once.
///
/// *Not signed:* the headers, except the time in the signature header, for which no limit is set.
/// The id is in the body; its `action` tells what happened. The signature was confirmed with
/// third-party code only. Its time-out and retries are *unconfirmed*.
///
/// [docs]: https://langfuse.com/docs/prompt-management/features/webhooks-slack-integrations
pub const LANGFUSE: Provider = Provider::new(
    "langfuse",
    Scheme::hmac_sha256()
        .header("x-langfuse-signature")
        .fields(",", "v1")
        .hex()
        .timestamp(Timestamp::field("t").without_window())
        .signed("{timestamp}.{body}"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/type"))
.with_action(Field::pointer("/action"))
.with_docs_url("https://langfuse.com/docs/prompt-management/features/webhooks-slack-integrations");
