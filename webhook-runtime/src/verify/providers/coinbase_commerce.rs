use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Coinbase Commerce: [webhooks](https://docs.cloud.coinbase.com/commerce-onchain/docs/webhooks).
///
/// *Set-up:* in the settings, under Webhook subscriptions: the public URL; the secret is the shared
/// secret shown there. Coinbase's newer webhooks have another signature.
///
/// *Not signed:* the headers; id and event are in the body. Coinbase expects 200 and retries for
/// three days; its time-out is not documented.
#[doc(alias = "coinbase")]
pub const COINBASE_COMMERCE: Provider = Provider::new(
    "coinbase-commerce",
    Scheme::hmac_sha256().header("x-cc-webhook-signature").hex(),
)
.with_id(Field::pointer("/event/id"))
.with_event(Field::pointer("/event/type"))
.with_ack_status(200)
.with_docs_url("https://docs.cloud.coinbase.com/commerce-onchain/docs/webhooks")
.with_retry_period(Duration::from_secs(3 * 24 * 60 * 60));
