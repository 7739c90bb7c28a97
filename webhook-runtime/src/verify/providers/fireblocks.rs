use crate::verify::{Field, Provider, scheme::Jws};

/// Fireblocks: [validating webhooks][docs], with the header `Fireblocks-Webhook-Signature`.
///
/// *Set-up:* in the developer centre, add a webhook with the public URL. There is no secret: the key
/// is in the set of keys of the workspace's environment, whose URL the documentation lists. Name it
/// to the [key source](crate::KeySource) for the provider `fireblocks`.
///
/// *Not signed:* headers and the time. A recorded delivery can be replayed. The older header
/// `Fireblocks-Signature`, which is sent as well, is not looked at. Time-outs and retries are
/// *unconfirmed*.
///
/// [docs]: https://developers.fireblocks.com/reference/validating-webhooks
pub const FIREBLOCKS: Provider = Provider::custom(
    "fireblocks",
    &Jws::rs512("fireblocks-webhook-signature").key_set("fireblocks"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/eventType"))
.with_docs_url("https://developers.fireblocks.com/reference/validating-webhooks");
