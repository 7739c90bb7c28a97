use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme},
};

/// `OpenAI`: [webhooks](https://developers.openai.com/api/docs/guides/webhooks), by Standard
/// Webhooks.
///
/// *Set-up:* in the project's settings, under Webhooks: the public URL; the secret, `whsec_…`, is
/// shown once. A secret without that prefix is used as text, as in `OpenAI`'s own libraries.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. `OpenAI`
/// repeats the id in retries, for 72 hours.
pub const OPENAI: Provider = Provider::new(
    "openai",
    Scheme::standard_webhooks().key(KeyEncoding::PrefixedBase64OrText("whsec_")),
)
.with_id(Field::header("webhook-id"))
.with_event(Field::pointer("/type"))
.with_docs_url("https://developers.openai.com/api/docs/guides/webhooks")
.with_retry_period(Duration::from_secs(72 * 60 * 60));
