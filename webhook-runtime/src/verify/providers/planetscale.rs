use crate::verify::{Field, Provider, scheme::Scheme};

/// `PlanetScale`: [webhooks](https://planetscale.com/docs/api/webhooks).
///
/// *Set-up:* in the settings of a database, under Webhooks: the public URL; the secret is shown in
/// the webhook's menu.
///
/// *Not signed:* the headers. The body has the time of the event, and no id of the delivery. A test
/// sends the event `webhook.test`. Its time-out and retries are *unconfirmed*.
pub const PLANETSCALE: Provider =
    Provider::new("planetscale", Scheme::hmac_sha256().header("x-planetscale-signature").hex())
        .with_event(Field::pointer("/event"))
        .with_docs_url("https://planetscale.com/docs/api/webhooks");
