use std::time::Duration;

use crate::verify::{BatchLayout, Deduplication, Provider, scheme::Scheme};

/// Pusher Channels: [webhooks](https://pusher.com/docs/channels/server_api/webhooks/).
///
/// *Set-up:* in the dashboard, in the app's webhooks: the public URL. The secret is the secret of
/// the app key that the header `X-Pusher-Key` names: give the secrets of all keys that are live.
///
/// *Not signed:* the headers, including the name of the key. A request is a batch of up to 20
/// events. It has the time of its making, `time_ms`, in milliseconds: Pusher's library for Python
/// allows five minutes, the one for Node.js any age, and so does this crate. An event has no id,
/// and its bytes come again with the next event of its kind, so an inbox takes none for a copy.
///
/// Pusher waits four seconds, and retries for five minutes.
pub const PUSHER: Provider =
    Provider::new("pusher", Scheme::hmac_sha256().header("x-pusher-signature").hex())
        .with_batch(BatchLayout::at("/events").with_event("/name"))
        .with_deduplication(Deduplication::Disabled)
        .with_docs_url("https://pusher.com/docs/channels/server_api/webhooks/")
        .with_response_timeout(Duration::from_secs(4))
        .with_retry_period(Duration::from_secs(5 * 60));
