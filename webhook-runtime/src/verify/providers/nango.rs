use crate::verify::{Field, Provider, scheme::Scheme};

/// Nango: [webhooks from Nango](https://www.nango.dev/docs/guides/platform/webhooks-from-nango).
///
/// *Set-up:* in the environment's settings, under Webhook URLs: the public URL. The secret is shown
/// there (older environments: the environment's secret key).
///
/// *Not signed:* the headers. Older receivers read `X-Nango-Signature`, a plain hash that begins
/// with the secret, which is open to length extension; this crate does not. A delivery has no id
/// and no signed time. Its time-out and retries are *unconfirmed*.
pub const NANGO: Provider =
    Provider::new("nango", Scheme::hmac_sha256().header("x-nango-hmac-sha256").hex())
        .with_event(Field::pointer("/type"))
        .with_docs_url("https://www.nango.dev/docs/guides/platform/webhooks-from-nango");
