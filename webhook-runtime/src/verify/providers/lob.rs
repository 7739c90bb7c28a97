use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

const DOCS: &str = "https://help.lob.com/print-and-mail/getting-data-and-results/using-webhooks";

/// Lob: [webhooks][docs].
///
/// *Set-up:* in the dashboard, under Webhooks, create a webhook with the public URL; its secret is on
/// its own page. Deliveries of the debugger are signed with the text `secret`, which anybody knows:
/// use that secret in tests only.
///
/// *Not signed:* the headers, except the time, which may be five minutes off, as Lob recommends. Lob
/// does not document the unit of the time: seconds and milliseconds are both accepted (*unconfirmed*).
/// Lob repeats a delivery up to seven times, for a little more than 27 hours. Its time-out is
/// *unconfirmed*.
///
/// [docs]: https://help.lob.com/print-and-mail/getting-data-and-results/using-webhooks
pub const LOB: Provider = Provider::new(
    "lob",
    Scheme::hmac_sha256()
        .header("lob-signature")
        .hex()
        .timestamp(Timestamp::header("lob-signature-timestamp").unix_seconds_or_millis())
        .signed("{timestamp}.{body}"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/event_type/id"))
.with_docs_url(DOCS)
// At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h.
.with_retry_period(Duration::from_secs(99_305));
