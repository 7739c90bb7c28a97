use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Cashfree Payments: [signature verification][docs].
///
/// *Set-up:* in the dashboard, under Developers, Webhooks: the public URL. The secret is the client
/// secret (older accounts: the webhook secret).
///
/// *Not signed:* the headers, except the time, which is in milliseconds. Neither Cashfree's own
/// libraries nor this crate limit its age. Time and body are signed without a separator; the fixed
/// width of the time keeps them apart. A delivery has no id in the body (*unconfirmed*). Its
/// time-out and retries are *unconfirmed*.
///
/// [docs]: https://www.cashfree.com/docs/payments/subscription/webhook-signature
pub const CASHFREE: Provider = Provider::new(
    "cashfree",
    Scheme::hmac_sha256()
        .header("x-webhook-signature")
        .base64()
        .timestamp(Timestamp::header("x-webhook-timestamp").unix_millis().without_window())
        .signed("{timestamp}{body}"),
)
.with_event(Field::pointer("/type"))
.with_docs_url("https://www.cashfree.com/docs/payments/subscription/webhook-signature");
