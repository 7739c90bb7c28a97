use crate::verify::{
    BatchLayout, Provider,
    scheme::{Scheme, Timestamp},
};

/// Klaviyo, system webhooks: [working with system webhooks][docs].
///
/// *Set-up:* create the webhook through the API, with the public URL and a secret key of at least
/// 16 characters of your own. Webhooks of flows are not signed.
///
/// *Not signed:* the headers, except the time. It is the date format of HTTP, as in Klaviyo's example;
/// seconds since 1970 are accepted, too (*unconfirmed*). No limit is known for its age. The body is
/// signed first, then the time, without a separator; the form of the time keeps them apart. A request
/// is a batch of events, each with an `external_id` and a `topic`. Its time-out and retries are
/// *unconfirmed*.
///
/// [docs]: https://developers.klaviyo.com/en/docs/working_with_system_webhooks
pub const KLAVIYO: Provider = Provider::new(
    "klaviyo",
    Scheme::hmac_sha256()
        .header("klaviyo-signature")
        .hex()
        .timestamp(
            Timestamp::header("klaviyo-timestamp").http_date_or_unix_seconds().without_window(),
        )
        .signed("{body}{timestamp}"),
)
.with_batch(BatchLayout::at("/data").with_id("/external_id").with_event("/topic"))
.with_docs_url("https://developers.klaviyo.com/en/docs/working_with_system_webhooks");
