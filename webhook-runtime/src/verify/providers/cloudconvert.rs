use crate::verify::{Field, Provider, scheme::Scheme};

/// `CloudConvert`: [webhooks](https://cloudconvert.com/api/v2/webhooks).
///
/// *Set-up:* in the dashboard, under API, Webhooks: the public URL; the secret is the signing
/// secret shown there.
///
/// *Not signed:* the headers. The body has the id of the job, but none of the delivery, and no
/// signed time of sending. Its time-out and retries are *unconfirmed*.
pub const CLOUDCONVERT: Provider =
    Provider::new("cloudconvert", Scheme::hmac_sha256().header("cloudconvert-signature").hex())
        .with_event(Field::pointer("/event"))
        .with_docs_url("https://cloudconvert.com/api/v2/webhooks");
