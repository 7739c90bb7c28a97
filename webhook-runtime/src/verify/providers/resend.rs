use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Resend: [verifying webhook requests][docs], sent by Svix.
///
/// *Set-up:* in the dashboard, under Webhooks: the public URL; the secret is the webhook's signing
/// secret, `whsec_…`.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Resend repeats
/// the id in retries, for a little more than 27 hours. It waits 15 seconds (*unconfirmed*).
///
/// [docs]: https://resend.com/docs/webhooks/verify-webhooks-requests
pub const RESEND: Provider = Provider::new("resend", Scheme::svix())
    .with_id(Field::header("svix-id"))
    .with_event(Field::pointer("/type"))
    .with_event_names(EVENT_NAMES)
    .with_docs_url("https://resend.com/docs/webhooks/verify-webhooks-requests")
    // At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h.
    .with_retry_period(Duration::from_secs(99_305));

/// The events of Resend: [the list](https://resend.com/docs/webhooks/event-types).
const EVENT_NAMES: &[&str] = &[
    "contact.created",
    "contact.deleted",
    "contact.updated",
    "domain.created",
    "domain.deleted",
    "domain.updated",
    "email.bounced",
    "email.clicked",
    "email.complained",
    "email.delivered",
    "email.delivery_delayed",
    "email.failed",
    "email.opened",
    "email.received",
    "email.scheduled",
    "email.sent",
    "email.suppressed",
    "suppression.added",
    "suppression.removed",
];
