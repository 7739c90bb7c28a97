use crate::verify::{Field, Provider, scheme::Scheme};

/// Xendit: [handling webhooks](https://docs.xendit.co/docs/handling-webhooks).
///
/// *Set-up:* in the dashboard's settings, under Webhooks: the public URL; the secret is the webhook
/// verification token.
///
/// *Not signed:* everything. The token only identifies the sender: anyone who has seen one request
/// can forge others. The id is in the header `webhook-id` (*unconfirmed*). Older products have no
/// `event` in the body. Xendit waits 30 seconds, and retries six times within a day (both
/// *unconfirmed*).
pub const XENDIT: Provider = Provider::new("xendit", Scheme::token().header("x-callback-token"))
    .with_id(Field::header("webhook-id"))
    .with_event(Field::pointer("/event"))
    .with_docs_url("https://docs.xendit.co/docs/handling-webhooks");
