use std::time::Duration;

use crate::verify::{Provider, Source, scheme::Scheme};

/// Lemon Squeezy: [signing requests][docs].
///
/// *Set-up:* in the settings, under Webhooks: the public URL and a signing secret.
///
/// *Not signed:* the headers; the event is read from the body, where it is signed. A delivery has
/// no id. Lemon Squeezy wants 200 and nothing else, and tries three times again, after about 5, 25
/// and 125 seconds; how long it waits is not said.
///
/// [docs]: https://docs.lemonsqueezy.com/help/webhooks/signing-requests
pub const LEMONSQUEEZY: Provider =
    Provider::new("lemonsqueezy", Scheme::hmac_sha256().header("x-signature").hex())
        .event(Source::pointer("/meta/event_name"))
        .acknowledges_with(200)
        .docs("https://docs.lemonsqueezy.com/help/webhooks/signing-requests")
        .retries_for(Duration::from_secs(5 + 25 + 125));
