use crate::verify::{Field, Provider, scheme::Scheme};

/// Paystack: [webhooks](https://paystack.com/docs/payments/webhooks/).
///
/// *Set-up:* in the dashboard's settings, under API Keys & Webhooks: the public URL. The secret is
/// the secret key of the account, for the mode that is used; the signature is HMAC with SHA-512.
///
/// *Not signed:* the headers. A delivery has no id and no signed time. Paystack's newest samples
/// show another signature, with a time and the id of a key in the header; this is the classic one,
/// and how long it stays is *unconfirmed*.
///
/// Paystack expects 200. It retries for 72 hours: four times every three minutes, then every hour
/// (*unconfirmed*).
pub const PAYSTACK: Provider =
    Provider::new("paystack", Scheme::hmac_sha512().header("x-paystack-signature").hex())
        .with_event(Field::pointer("/event"))
        .with_ack_status(200)
        .with_docs_url("https://paystack.com/docs/payments/webhooks/");
