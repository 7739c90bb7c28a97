use crate::verify::{Deduplication, Field, Provider, scheme::Scheme};

/// Help Scout: [webhooks](https://developer.helpscout.com/webhooks/).
///
/// *Set-up:* under Manage, Apps, Webhooks, or through the API: the public URL and a secret of your
/// own.
///
/// *Not signed:* the headers, including the event. The signature is HMAC with SHA-1; Help Scout
/// offers nothing better. The `id` in the body is that of the conversation or customer, which has
/// many events, so none is read here. A delivery has no time. One change can send a body as several
/// events, so an inbox knows them by body and event. Help Scout retries for a while, and disables a
/// webhook that keeps failing (*unconfirmed*).
pub const HELPSCOUT: Provider =
    Provider::new("helpscout", Scheme::hmac_sha1().header("x-helpscout-signature").base64())
        .with_event(Field::header("x-helpscout-event"))
        .with_deduplication(Deduplication::SignedBytesAndEvent)
        .with_docs_url("https://developer.helpscout.com/webhooks/");
