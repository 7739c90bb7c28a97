use crate::verify::{Field, Provider, scheme::Scheme};

/// Telegram bots: [`setWebhook`](https://core.telegram.org/bots/api#setwebhook).
///
/// *Set-up:* call `setWebhook` with the public URL, on port 443, 80, 88 or 8443, and a secret token
/// of your own: up to 256 letters, digits, `_` and `-`.
///
/// *Not signed:* anything. The token proves who sends, and whoever has seen one request can send
/// others. The event is which field there is besides `update_id`, so that none is named here.
///
/// The answer may be a call of the bot's API in JSON. Telegram tries again until it reads a 2xx, at
/// most a minute apart, and honours `Retry-After`; 410 for 23 hours removes the webhook.
pub const TELEGRAM: Provider =
    Provider::new("telegram", Scheme::token().header("x-telegram-bot-api-secret-token"))
        .with_id(Field::pointer("/update_id"))
        .with_docs_url("https://core.telegram.org/bots/api#setwebhook");
