use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Airwallex: [listening for webhook events][docs].
///
/// *Set-up:* in the web app, under Developer, Webhooks: the public URL; the secret is the webhook's
/// secret.
///
/// *Not signed:* the headers, except the time, which is in milliseconds (the unit is
/// *unconfirmed*). Neither Airwallex' own samples nor this crate limit its age. Time and body are
/// signed without a separator; the fixed width of the time keeps them apart. Id and name are in the
/// body.
///
/// Airwallex expects 200, and retries for about three days.
///
/// [docs]: https://www.airwallex.com/docs/developer-tools/webhooks/listen-for-webhook-events
pub const AIRWALLEX: Provider = Provider::new(
    "airwallex",
    Scheme::hmac_sha256()
        .header("x-signature")
        .hex()
        .timestamp(Timestamp::header("x-timestamp").unix_millis().without_window())
        .signed("{timestamp}{body}"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/name"))
.with_ack_status(200)
.with_docs_url("https://www.airwallex.com/docs/developer-tools/webhooks/listen-for-webhook-events")
.with_retry_period(Duration::from_secs(3 * 24 * 60 * 60));
