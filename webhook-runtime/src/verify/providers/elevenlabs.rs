use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// `ElevenLabs`: [webhooks](https://elevenlabs.io/docs/overview/administration/webhooks).
///
/// *Set-up:* in the workspace's settings, under Webhooks: the public URL; the secret is shown once.
///
/// *Not signed:* the headers, except the time in the signature header. Like `ElevenLabs`' own
/// libraries, this crate accepts deliveries of up to half an hour, and any from the future. A
/// delivery has no id. `ElevenLabs` disables a webhook that fails ten times in a row
/// (*unconfirmed*).
pub const ELEVENLABS: Provider = Provider::new(
    "elevenlabs",
    Scheme::hmac_sha256()
        .header("elevenlabs-signature")
        .fields(",", "v0")
        .hex()
        .timestamp(
            Timestamp::field("t").without_window().with_max_age(Duration::from_secs(30 * 60)),
        )
        .signed("{timestamp}.{body}"),
)
.with_event(Field::pointer("/type"))
.with_ack_status(200)
.with_docs_url("https://elevenlabs.io/docs/overview/administration/webhooks");
