use crate::verify::{Field, Provider, scheme::Scheme};

/// `AfterShip` Tracking: [webhook signature][docs].
///
/// *Set-up:* in the settings, under Webhooks: the public URL; the secret is shown there. Returns
/// and Warranty have the same signature in another header, `as-signature-hmac-sha256`: write a
/// provider of your own.
///
/// *Not signed:* the headers. Id and event are in the body (*unconfirmed*); there is no signed time
/// of sending. `AfterShip` retries 14 times with growing pauses (*unconfirmed*).
///
/// [docs]: https://www.aftership.com/docs/tracking/webhook/webhook-signature
pub const AFTERSHIP: Provider =
    Provider::new("aftership", Scheme::hmac_sha256().header("aftership-hmac-sha256").base64())
        .with_id(Field::pointer("/event_id"))
        .with_event(Field::pointer("/event"))
        .with_docs_url("https://www.aftership.com/docs/tracking/webhook/webhook-signature");
