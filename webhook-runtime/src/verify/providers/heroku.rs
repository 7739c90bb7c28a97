use std::time::Duration;

use crate::verify::{Provider, Source, scheme::Scheme};

/// Heroku: [app webhooks](https://devcenter.heroku.com/articles/app-webhooks).
///
/// *Set-up:* create the webhook in the dashboard or by `heroku webhooks:add`, with a secret, and
/// with the level `sync` if failed deliveries are to come again (unconfirmed).
///
/// *Not signed:* the headers. Where id and event are in the body is unconfirmed. Heroku tries
/// again for 72 hours; how long it waits is unconfirmed.
pub const HEROKU: Provider =
    Provider::new("heroku", Scheme::hmac_sha256().header("heroku-webhook-hmac-sha256").base64())
        .id(Source::pointer("/webhook_metadata/delivery/id"))
        .event(Source::pointer("/resource"))
        .action(Source::pointer("/action"))
        .docs("https://devcenter.heroku.com/articles/app-webhooks")
        .retries_for(Duration::from_secs(72 * 60 * 60));
