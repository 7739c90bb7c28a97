use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Razorpay: [validating webhooks](https://razorpay.com/docs/webhooks/validate-test/).
///
/// *Set-up:* in the dashboard, under Webhooks: the public URL and a secret of your own, which is
/// not the API key's.
///
/// *Not signed:* the headers, and with them the event's id, which stays the same when Razorpay
/// tries again. It wants a 2xx within five seconds, tries again for a day, and then switches the
/// webhook off.
pub const RAZORPAY: Provider =
    Provider::new("razorpay", Scheme::hmac_sha256().header("x-razorpay-signature").hex())
        .with_id(Field::header("x-razorpay-event-id"))
        .with_event(Field::pointer("/event"))
        .with_docs_url("https://razorpay.com/docs/webhooks/validate-test/")
        .with_response_timeout(Duration::from_secs(5))
        .with_retry_period(Duration::from_secs(24 * 60 * 60));
