use crate::verify::{BatchLayout, Provider, scheme::Scheme};

/// LINE's Messaging API: [verifying webhook signatures][docs].
///
/// *Set-up:* in the console, under Messaging API: the public URL as webhook URL. The secret is the
/// channel secret. The console's Verify sends a signed delivery without events.
///
/// *Not signed:* the headers. A delivery has no id: it is a batch, and each of its events has a
/// type and a `webhookEventId`. LINE retries only if redelivery is enabled. It waits two seconds
/// (*unconfirmed*).
///
/// [docs]: https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/
pub const LINE: Provider =
    Provider::new("line", Scheme::hmac_sha256().header("x-line-signature").base64())
        .with_batch(BatchLayout::at("/events").with_id("/webhookEventId").with_event("/type"))
        .with_docs_url(
            "https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/",
        );
