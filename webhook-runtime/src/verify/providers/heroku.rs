use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Heroku: [app webhooks](https://devcenter.heroku.com/articles/app-webhooks).
///
/// *Set-up:* create the webhook in the dashboard or by `heroku webhooks:add`, with a secret, and
/// with the level `sync` to have failed deliveries retried (*unconfirmed*).
///
/// *Not signed:* the headers. The locations of id and event in the body are *unconfirmed*. Heroku
/// retries for 72 hours; its time-out is *unconfirmed*.
pub const HEROKU: Provider =
    Provider::new("heroku", Scheme::hmac_sha256().header("heroku-webhook-hmac-sha256").base64())
        .with_id(Field::pointer("/webhook_metadata/delivery/id"))
        .with_event(Field::pointer("/resource"))
        .with_action(Field::pointer("/action"))
        .with_docs_url("https://devcenter.heroku.com/articles/app-webhooks")
        .with_retry_period(Duration::from_secs(72 * 60 * 60));
