use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Box: [signed webhooks](https://developer.box.com/guides/webhooks/v2/signatures-v2/).
///
/// *Set-up:* in the app's configuration, under Webhooks: the primary key is the first secret, the
/// secondary key the second. Each key signs its own header, so the order matters.
///
/// *Not signed:* the headers, except the time. The id is the one in the body, because the header
/// `BOX-DELIVERY-ID` changes with every attempt. Like Box's own code, this crate accepts deliveries
/// of up to ten minutes, and none from the future: keep the clock right.
///
/// Box waits 30 seconds and retries; for how long is *unconfirmed*.
pub const BOX: Provider = Provider::new(
    "box",
    Scheme::hmac_sha256()
        .paired_headers(&["box-signature-primary", "box-signature-secondary"])
        .base64()
        .require_headers(&[
            ("box-signature-version", "1"),
            ("box-signature-algorithm", "HmacSHA256"),
        ])
        .timestamp(
            Timestamp::header("box-delivery-timestamp")
                .rfc3339()
                .with_max_age(Duration::from_secs(600))
                .with_max_ahead(Duration::ZERO),
        )
        .signed("{body}{timestamp}"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/trigger"))
.with_docs_url("https://developer.box.com/guides/webhooks/v2/signatures-v2/")
.with_response_timeout(Duration::from_secs(30));
