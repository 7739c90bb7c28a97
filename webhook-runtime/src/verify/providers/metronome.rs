use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

const DOCS: &str = "https://docs.metronome.com/developer-resources/use-api/webhooks";

/// Metronome: [webhooks][docs].
///
/// *Set-up:* under Developer, Notifications, Webhooks, add the public URL; the secret is the
/// webhook's secret key.
///
/// *Not signed:* the headers, except the date in `X-Metronome-Date`, or in `Date` if there is no
/// other: whichever is sent was signed. Id and type are in the body. The date may be five minutes
/// off. Metronome retries for two days; its time-out is not documented. The scheme was confirmed
/// with a third party's receiver, not with Metronome's own code.
///
/// [docs]: https://docs.metronome.com/developer-resources/use-api/webhooks
pub const METRONOME: Provider = Provider::new(
    "metronome",
    Scheme::hmac_sha256()
        .header("metronome-webhook-signature")
        .hex()
        .timestamp(Timestamp::header("x-metronome-date").or_header("date").http_date())
        .signed("{timestamp}\n{body}"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/type"))
.with_docs_url(DOCS)
.with_retry_period(Duration::from_secs(2 * 24 * 3600));
