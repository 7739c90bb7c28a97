use std::time::Duration;

use crate::verify::{
    Deduplication, Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse},
    scheme::{KeyEncoding, Scheme},
};

/// The ping at creation is an unsigned form, and expects exactly 200.
const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "POST",
    &[Condition::OnlyFormFields(&[("webhook_id", None)])],
    HandshakeResponse::Empty(200),
)];

/// `WooCommerce`: [webhooks](https://woocommerce.com/document/webhooks/).
///
/// *Set-up:* in the store's settings, under Advanced, Webhooks: the public URL and a secret. The
/// secret is the one that the store keeps: entities such as `&amp;` in it are decoded. This crate
/// answers the ping that follows.
///
/// *Not signed:* the headers, including the topic. A delivery has no id: all deliveries of a
/// webhook within one second share one `X-WC-Webhook-Delivery-ID`.
///
/// *Inbox:* one body may come under several topics, and anyone who recorded it can send it under any.
/// An endpoint for several topics takes an enum of events (`WebhookEvent`): then each body runs once
/// for each topic with a variant. Any other handler gets each body once.
///
/// The store waits 60 seconds, follows no redirects and does not retry. It disables the webhook
/// after more than five failures in a row.
pub const WOOCOMMERCE: Provider = Provider::new(
    "woocommerce",
    Scheme::hmac_sha256().header("x-wc-webhook-signature").base64().key(KeyEncoding::HtmlEscaped),
)
.with_event(Field::header("x-wc-webhook-topic"))
.with_handshakes(HANDSHAKES)
.with_deduplication(Deduplication::SignedBytesAndEvent)
.with_docs_url("https://woocommerce.com/document/webhooks/")
.with_response_timeout(Duration::from_secs(60));
