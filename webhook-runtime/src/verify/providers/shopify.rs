use std::time::Duration;

use super::shopify_events::EVENT_NAMES;
use crate::verify::{Deduplication, Field, Provider, scheme::Scheme};

/// Shopify: [verifying deliveries][docs].
///
/// *Set-up:* subscribe in the app's configuration, through the API, or in the store's notification
/// settings. The secret is the app's client secret, or the one that the store's settings show. For
/// an hour after a rotation, the old secret may still sign deliveries: configure both.
///
/// Webhooks have headers that begin with `X-Shopify-`. [Events deliveries][events] have the same
/// headers without `X-`: if `Shopify-Hmac-Sha256` is sent, it is the signature. A handler finds
/// their id and topic under both names.
///
/// *Not signed:* the headers, including the delivery's id, the topic and the shop. Shopify repeats
/// the id in retries. All subscriptions that one event triggers share the same
/// `X-Shopify-Event-Id`.
///
/// *Inbox:* one body may come under several topics, such as `orders/create` and `orders/paid`, and
/// anyone who recorded it can send it under any. An endpoint for several topics takes an enum of
/// events (`WebhookEvent`): then each body runs once for each topic with a variant. Any other handler
/// gets each body once.
///
/// Shopify waits one second for the connection and five for the response. It retries eight times
/// within four hours, and may then delete the subscription.
///
/// [docs]: https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
/// [events]: https://shopify.dev/docs/apps/build/events/verify-deliveries
pub const SHOPIFY: Provider = Provider::new(
    "shopify",
    Scheme::hmac_sha256().header("x-shopify-hmac-sha256").base64().alternative_headers(&[
        ("x-shopify-hmac-sha256", "shopify-hmac-sha256"),
        ("x-shopify-webhook-id", "shopify-webhook-id"),
        ("x-shopify-topic", "shopify-topic"),
    ]),
)
.with_id(Field::header("x-shopify-webhook-id"))
.with_event(Field::header("x-shopify-topic"))
.with_event_names(EVENT_NAMES)
.with_deduplication(Deduplication::SignedBytesAndEvent)
.with_docs_url("https://shopify.dev/docs/apps/build/webhooks/verify-deliveries")
.with_response_timeout(Duration::from_secs(5))
.with_retry_period(Duration::from_secs(4 * 60 * 60));
