use crate::verify::{Field, Provider, scheme::Scheme};

/// Flutterwave, version 3: [webhooks](https://developer.flutterwave.com/docs/webhooks).
///
/// *Set-up:* in the dashboard's settings, under Webhooks: the public URL and a secret hash of your
/// own, which is the secret.
///
/// *Not signed:* everything. The token only identifies the sender: anyone who has seen one request
/// can forge others. Fetch the transaction before you give value. Version 4 signs the body instead,
/// as base64 HMAC-SHA256 in `flutterwave-signature` (*unconfirmed*): write a provider of your own
/// for it. Flutterwave waits 60 seconds, and retries three times, every half hour, if retries are
/// on (both *unconfirmed*).
pub const FLUTTERWAVE: Provider =
    Provider::new("flutterwave", Scheme::token().header("verif-hash"))
        .with_event(Field::pointer("/event"))
        .with_docs_url("https://developer.flutterwave.com/docs/webhooks");
