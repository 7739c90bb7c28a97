use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Razorpay: [validating webhooks](https://razorpay.com/docs/webhooks/validate-test/).
///
/// *Set-up:* in the dashboard, under Webhooks: the public URL and a secret of your own, not that of
/// the API key.
///
/// *Not signed:* the headers, including the event's id, which Razorpay repeats in retries. It
/// expects a 2xx within five seconds, retries for a day, and then disables the webhook.
pub const RAZORPAY: Provider =
    Provider::new("razorpay", Scheme::hmac_sha256().header("x-razorpay-signature").hex())
        .with_id(Field::header("x-razorpay-event-id"))
        .with_event(Field::pointer("/event"))
        .with_docs_url("https://razorpay.com/docs/webhooks/validate-test/")
        .with_response_timeout(Duration::from_secs(5))
        .with_retry_period(Duration::from_secs(24 * 60 * 60));
