use crate::verify::{Field, Provider, scheme::Scheme};

/// Anthropic, Claude Platform: [webhooks][docs], by Standard Webhooks.
///
/// *Set-up:* in the console, under Webhooks: the public URL; the secret, `whsec_…`, is shown once.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. The event is
/// the `type` in the data, such as `session.status_idled` (*unconfirmed*). Its time-out and retries
/// are *unconfirmed*.
///
/// [docs]: https://platform.claude.com/docs/en/managed-agents/webhooks
#[doc(alias = "claude")]
pub const ANTHROPIC: Provider = Provider::new("anthropic", Scheme::standard_webhooks())
    .with_id(Field::header("webhook-id"))
    .with_event(Field::pointer("/data/type"))
    .with_event_fallbacks(&[Field::Pointer("/type")])
    .with_docs_url("https://platform.claude.com/docs/en/managed-agents/webhooks");
