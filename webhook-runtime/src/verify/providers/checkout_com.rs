use crate::verify::{Field, Provider, scheme::Scheme};

/// Checkout.com: [setting up a receiver][docs].
///
/// *Set-up:* create a workflow with a webhook action, in the dashboard or through the API: the
/// public URL and a signature key of your own, which is the secret.
///
/// *Not signed:* the headers, including an `Authorization` of your own if you set one up. Id and
/// type are in the body; there is no signed time of sending. Its time-out and retries are
/// *unconfirmed*.
///
/// [docs]: https://www.checkout.com/docs/workflows/set-up-your-webhook-receiver
#[doc(alias = "checkout")]
pub const CHECKOUT_COM: Provider =
    Provider::new("checkout-com", Scheme::hmac_sha256().header("cko-signature").hex())
        .with_id(Field::pointer("/id"))
        .with_event(Field::pointer("/type"))
        .with_docs_url("https://www.checkout.com/docs/workflows/set-up-your-webhook-receiver");
