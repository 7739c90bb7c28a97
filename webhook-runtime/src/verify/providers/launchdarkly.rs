use crate::verify::{Field, Provider, scheme::Scheme};

/// `LaunchDarkly`: [webhooks](https://launchdarkly.com/docs/home/infrastructure/webhooks).
///
/// *Set-up:* in the organization's settings, under Integrations, Webhooks: the public URL, and
/// "Sign this webhook", which makes the secret.
///
/// *Not signed:* the headers. The id is that of the entry in the audit log, and the event is the
/// kind of object. Deliveries can come in another order; the body's `date` tells. `LaunchDarkly`
/// retries once after an error (*unconfirmed*).
pub const LAUNCHDARKLY: Provider =
    Provider::new("launchdarkly", Scheme::hmac_sha256().header("x-ld-signature").hex())
        .with_id(Field::pointer("/_id"))
        .with_event(Field::pointer("/kind"))
        .with_docs_url("https://launchdarkly.com/docs/home/infrastructure/webhooks");
