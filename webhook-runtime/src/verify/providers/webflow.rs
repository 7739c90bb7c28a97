use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Webflow: [working with webhooks][docs].
///
/// *Set-up:* create the webhook through the API, with the public URL. The secret is the OAuth app's
/// client secret, or, where a site's token creates the webhook, the one in the response
/// (*unconfirmed*). Webhooks that were created in the dashboard are not signed.
///
/// *Not signed:* the headers, except the time, which is in milliseconds and may be five minutes
/// off. A delivery has no id. Webflow follows no redirects, and retries up to three times, ten
/// minutes apart.
///
/// [docs]: https://developers.webflow.com/data/docs/working-with-webhooks
pub const WEBFLOW: Provider = Provider::new(
    "webflow",
    Scheme::hmac_sha256()
        .header("x-webflow-signature")
        .hex()
        .timestamp(
            Timestamp::header("x-webflow-timestamp")
                .unix_millis()
                .with_tolerance(Duration::from_secs(300)),
        )
        .signed("{timestamp}:{body}"),
)
.with_event(Field::pointer("/triggerType"))
.with_docs_url("https://developers.webflow.com/data/docs/working-with-webhooks")
.with_retry_period(Duration::from_secs(30 * 60));
