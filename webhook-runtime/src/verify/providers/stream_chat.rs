use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Stream (`GetStream`) Chat, Video and Feeds: [webhooks][docs].
///
/// *Set-up:* in the dashboard, or through the app's settings: the public URL. The secret is the API
/// secret of the app.
///
/// *Not signed:* the headers, including the id, which retries repeat, the attempt and the API key.
/// Stream can compress the body, and signs what it was before: leave compression off, because this
/// crate takes no compressed bodies.
///
/// Stream waits six seconds, makes three attempts at most, and gives up after 15 seconds.
///
/// [docs]: https://getstream.io/chat/docs/node/webhooks_overview/
#[doc(alias = "getstream")]
pub const STREAM_CHAT: Provider =
    Provider::new("stream-chat", Scheme::hmac_sha256().header("x-signature").hex())
        .with_id(Field::header("x-webhook-id"))
        .with_event(Field::pointer("/type"))
        .with_docs_url("https://getstream.io/chat/docs/node/webhooks_overview/")
        .with_response_timeout(Duration::from_secs(6))
        .with_retry_period(Duration::from_secs(15));
