use crate::verify::{Field, Provider, scheme::Scheme};

/// Mollie's webhooks of the second generation:
/// [webhooks](https://docs.mollie.com/reference/webhooks).
///
/// The first generation signs nothing and only sends the form `id=tr_…`. It is rejected here.
/// Payments with a webhook URL of their own still use it.
///
/// *Set-up:* in the dashboard, under Developers, Webhooks, or through the API: the public URL; the
/// secret is shown there.
///
/// *Not signed:* the headers; id and type are in the body. Mollie waits 15 seconds, and retries ten
/// times within 26 hours (both *unconfirmed*).
pub const MOLLIE: Provider = Provider::new(
    "mollie",
    Scheme::hmac_sha256().header("x-mollie-signature").prefix("sha256=").hex(),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/type"))
.with_ack_status(200)
.with_docs_url("https://docs.mollie.com/reference/webhooks");
