use crate::verify::{Field, Provider, scheme::Scheme};

/// `RevenueCat`: [webhooks](https://www.revenuecat.com/docs/integrations/webhooks).
///
/// *Set-up:* in the project's settings, under Integrations, Webhooks: the public URL and a value of
/// your own for the header `Authorization`, which is the secret, sent verbatim.
///
/// *Not signed:* everything. The token only identifies the sender: anyone who has seen one request
/// can forge others. Newer webhooks can be signed as well, in `X-RevenueCat-Webhook-Signature`
/// (*unconfirmed*); this crate does not read it. Id and type are in the body.
///
/// `RevenueCat` waits 60 seconds, and retries five times, after 5, 10, 20, 40 and 80 minutes (both
/// *unconfirmed*).
pub const REVENUECAT: Provider =
    Provider::new("revenuecat", Scheme::token().header("authorization"))
        .with_id(Field::pointer("/event/id"))
        .with_event(Field::pointer("/event/type"))
        .with_ack_status(200)
        .with_docs_url("https://www.revenuecat.com/docs/integrations/webhooks");
