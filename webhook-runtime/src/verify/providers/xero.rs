use std::time::Duration;

use crate::verify::{BatchLayout, Provider, SuccessBody, scheme::Scheme};

/// Xero: [configuring your server][docs].
///
/// *Set-up:* in the app's settings, under Webhooks: the public URL. The secret is the webhooks key
/// as shown, although it looks like base64. Xero then sends deliveries without events, some of them
/// with a wrong signature on purpose. It expects the others to succeed, and these to get 401.
///
/// *Not signed:* the headers. A delivery has no id: it is a batch, and each of its events has a
/// category and a type, such as `INVOICE` and `CREATE`. For a delivery without events, no handler
/// is called.
///
/// Xero expects 200 within five seconds, and a response without body and cookies. This crate leaves
/// out the body; cookies are up to you (*unconfirmed*).
///
/// [docs]: https://developer.xero.com/documentation/guides/webhooks/configuring-your-server/
pub const XERO: Provider =
    Provider::new("xero", Scheme::hmac_sha256().header("x-xero-signature").base64())
        .with_batch(
            BatchLayout::at("/events").with_event("/eventCategory").with_action("/eventType"),
        )
        .with_success_body(SuccessBody::Empty)
        .with_ack_status(200)
        .with_docs_url(
            "https://developer.xero.com/documentation/guides/webhooks/configuring-your-server/",
        )
        .with_response_timeout(Duration::from_secs(5));
