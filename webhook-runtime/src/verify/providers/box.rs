use std::time::Duration;

use crate::verify::{
    Provider, Source,
    scheme::{Scheme, Timestamp},
};

/// Box: [signed webhooks](https://developer.box.com/guides/webhooks/v2/signatures-v2/).
///
/// *Set-up:* in the app's configuration, under Webhooks: the primary key is the first secret, the
/// secondary one the second. Each key signs its own header, so that their order matters.
///
/// *Not signed:* the headers, but for the time. The id is that of the body, since the header
/// `BOX-DELIVERY-ID` changes with every attempt. Like Box's own code, this takes deliveries that
/// are up to ten minutes old, and none from the future: keep the clock right.
///
/// Box waits 30 seconds and tries again; for how long is unconfirmed.
pub const BOX: Provider = Provider::new(
    "box",
    Scheme::hmac_sha256()
        .paired_headers(&["box-signature-primary", "box-signature-secondary"])
        .base64()
        .requires(&[("box-signature-version", "1"), ("box-signature-algorithm", "HmacSHA256")])
        .timestamp(
            Timestamp::header("box-delivery-timestamp")
                .rfc3339()
                .past(Duration::from_secs(600))
                .future(Duration::ZERO),
        )
        .signed("{body}{timestamp}"),
)
.id(Source::pointer("/id"))
.event(Source::pointer("/trigger"))
.docs("https://developer.box.com/guides/webhooks/v2/signatures-v2/")
.times_out_after(Duration::from_secs(30));
