use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Customer.io, reporting webhooks: [webhooks](https://docs.customer.io/api/webhooks/).
///
/// *Set-up:* under Integrations, Reporting Webhooks: the public URL; the secret is the webhook's
/// signing key.
///
/// *Not signed:* the headers, except the time, which may be five minutes off. The id is in the
/// body, the event is the `metric`, such as `opened`, and the action is the kind of the object,
/// such as `email`. The signature was confirmed with third-party code only.
///
/// Customer.io waits four seconds, and retries with growing pauses (the retries are *unconfirmed*).
pub const CUSTOMER_IO: Provider = Provider::new(
    "customer-io",
    Scheme::hmac_sha256()
        .header("x-cio-signature")
        .hex()
        .timestamp(Timestamp::header("x-cio-timestamp").with_tolerance(Duration::from_secs(300)))
        .signed("v0:{timestamp}:{body}"),
)
.with_id(Field::pointer("/event_id"))
.with_event(Field::pointer("/metric"))
.with_action(Field::pointer("/object_type"))
.with_docs_url("https://docs.customer.io/api/webhooks/")
.with_response_timeout(Duration::from_secs(4));
