use std::time::Duration;

use crate::verify::{Provider, Source, scheme::Scheme};

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
        .id(Source::header("x-razorpay-event-id"))
        .event(Source::pointer("/event"))
        .docs("https://razorpay.com/docs/webhooks/validate-test/")
        .times_out_after(Duration::from_secs(5))
        .retries_for(Duration::from_secs(24 * 60 * 60));
