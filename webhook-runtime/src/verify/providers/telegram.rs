use crate::verify::{Field, Provider, scheme::Scheme};

/// Telegram bots: [`setWebhook`](https://core.telegram.org/bots/api#setwebhook).
///
/// *Set-up:* call `setWebhook` with the public URL, on port 443, 80, 88 or 8443, and a secret token
/// of your own: up to 256 letters, digits, `_` and `-`.
///
/// *Not signed:* everything. The token only identifies the sender: anyone who has seen one request
/// can forge others. The event is the name of the field beside `update_id`, so none is read here.
///
/// The response may be a call of the bot's API in JSON. Telegram retries until it gets a 2xx, at
/// intervals of up to a minute, and respects `Retry-After`. It removes the webhook after 23 hours
/// of 410.
pub const TELEGRAM: Provider =
    Provider::new("telegram", Scheme::token().header("x-telegram-bot-api-secret-token"))
        .with_id(Field::pointer("/update_id"))
        .with_docs_url("https://core.telegram.org/bots/api#setwebhook");
