use crate::{Provider, Source, scheme::Scheme};

/// GitHub: [validating webhook deliveries][docs].
///
/// *Set-up:* in the repository's or organisation's settings, under Webhooks: the public URL, either
/// content type, and a secret.
///
/// *Not signed:* the headers, and with them the delivery id and the event's name. GitHub waits ten
/// seconds, and does not send again by itself.
///
/// [docs]: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
pub const GITHUB: Provider = Provider::new(
    "github",
    Scheme::hmac_sha256().header("x-hub-signature-256").prefix("sha256=").hex(),
)
.id(Source::header("x-github-delivery"))
.event(Source::header("x-github-event"))
.action(Source::pointer("/action"))
.json_in_form_field("payload");
