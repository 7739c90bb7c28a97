use crate::verify::{Field, Provider, scheme::Scheme};

/// Dodo Payments: [webhooks][docs], by Standard Webhooks.
///
/// *Set-up:* in the dashboard, under Developer, Webhooks: the public URL; the secret, `whsec_…`, is
/// that of the webhook.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. Dodo waits 15
/// seconds, and repeats the id in eight attempts within 28 hours (both *unconfirmed*).
///
/// [docs]: https://docs.dodopayments.com/developer-resources/webhooks
#[doc(alias = "dodo")]
pub const DODO_PAYMENTS: Provider = Provider::new("dodo-payments", Scheme::standard_webhooks())
    .with_id(Field::header("webhook-id"))
    .with_event(Field::pointer("/type"))
    .with_docs_url("https://docs.dodopayments.com/developer-resources/webhooks");
