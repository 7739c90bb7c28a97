use std::time::Duration;

use crate::verify::{
    Provider, Source,
    scheme::{Scheme, Timestamp},
};

/// Linear: [webhooks](https://linear.app/developers/webhooks).
///
/// *Set-up:* in the settings, under API, Webhooks: the public URL; the secret is shown there,
/// `lin_wh_…`.
///
/// *Not signed:* the headers, and with them the delivery's id and a copy of the time, which is
/// read from the body instead and may be a minute off. Linear wants 200 within five seconds, and
/// tries three times again, after a minute, an hour and six hours.
pub const LINEAR: Provider = Provider::new(
    "linear",
    Scheme::hmac_sha256().header("linear-signature").hex().timestamp(
        Timestamp::pointer("/webhookTimestamp").unix_millis().tolerance(Duration::from_secs(60)),
    ),
)
.id(Source::header("linear-delivery"))
.event(Source::pointer("/type"))
.action(Source::pointer("/action"))
.acknowledges_with(200)
.docs("https://linear.app/developers/webhooks")
.times_out_after(Duration::from_secs(5))
.retries_for(Duration::from_secs(60 + 60 * 60 + 6 * 60 * 60));
