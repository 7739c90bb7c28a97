use crate::verify::{
    BatchLayout, Provider,
    scheme::{Scheme, Timestamp},
};

const DOCS: &str = "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features";

/// Twilio `SendGrid`'s signed event webhook: [security features][docs].
///
/// *Set-up:* in the mail settings, under Event Webhooks: the public URL, and enable the signed
/// event webhook. The secret is its verification key, a public key.
///
/// *Not signed:* the headers, except the time. Neither `SendGrid`'s own libraries nor this crate
/// limit its age. A delivery has no id: it is a batch, and each of its events has an `event` and an
/// `sg_event_id`. Inbound mail is not signed. `SendGrid` retries for a day (*unconfirmed*).
///
/// [docs]: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
pub const SENDGRID: Provider = Provider::new(
    "sendgrid",
    Scheme::ecdsa_p256()
        .header("x-twilio-email-event-webhook-signature")
        .base64()
        .timestamp(Timestamp::header("x-twilio-email-event-webhook-timestamp").without_window())
        .signed("{timestamp}{body}"),
)
.with_batch(BatchLayout::at("").with_id("/sg_event_id").with_event("/event"))
.with_docs_url(DOCS);
