use std::time::Duration;

use super::stripe_events::EVENT_NAMES;
use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Stripe: [webhooks](https://docs.stripe.com/webhooks).
///
/// *Set-up:* in Workbench, under Webhooks: the public URL; the secret is the destination's signing
/// secret, `whsec_…`, including the prefix. It is not base64. While it is rotated, a delivery has
/// one signature for each.
///
/// *Not signed:* the headers, except the time in the signature header. Id and type are in the body,
/// and so is `account` for connected accounts. Signatures of version `v0` are ignored: they are for
/// tests. Stripe's own code only limits the age. Here the time may be five minutes off either way.
///
/// Stripe retries for three days; in a sandbox, three times within a few hours. Its time-out is not
/// documented.
pub const STRIPE: Provider = Provider::new(
    "stripe",
    Scheme::hmac_sha256()
        .header("stripe-signature")
        .fields(",", "v1")
        .hex()
        .timestamp(Timestamp::field("t").with_tolerance(Duration::from_secs(300)))
        .signed("{timestamp}.{body}"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/type"))
.with_event_names(EVENT_NAMES)
.with_docs_url("https://docs.stripe.com/webhooks")
.with_retry_period(Duration::from_secs(3 * 24 * 60 * 60));
