use crate::verify::{Field, Provider, scheme::Jws};

/// Saleor: [payload signature][docs], since version 3.5.
///
/// *Set-up:* the app's manifest, or the app's webhook in the dashboard, with the public URL and
/// without a secret key. The signature's key is in the set of keys of the shop, at
/// `https://<shop>/.well-known/jwks.json`. Name that URL to the [key source](crate::KeySource) for
/// the provider `saleor`.
///
/// *Not signed:* headers, among them the event and the shop, and the time. A recorded delivery can be
/// replayed. Time-outs and retries are *unconfirmed*.
///
/// [docs]: https://docs.saleor.io/developer/extending/webhooks/payload-signature
pub const SALEOR: Provider =
    Provider::custom("saleor", &Jws::rs256("saleor-signature").unencoded().key_set("saleor"))
        .with_event(Field::header("saleor-event"))
        .with_docs_url("https://docs.saleor.io/developer/extending/webhooks/payload-signature");
