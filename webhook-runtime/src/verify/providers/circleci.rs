use std::time::Duration;

use crate::verify::{Provider, Source, scheme::Scheme};

/// `CircleCI`: [outbound webhooks](https://circleci.com/docs/webhooks/).
///
/// *Set-up:* in the project's settings, under Webhooks: the public URL and a secret token. The
/// header lists signatures by version; only `v1`, the newest that is documented, is checked.
///
/// *Not signed:* the headers, and with them the event's type. `CircleCI` waits ten seconds and
/// tries again; for how long is not said.
pub const CIRCLECI: Provider = Provider::new(
    "circleci",
    Scheme::hmac_sha256().header("circleci-signature").fields(",", "v1").hex(),
)
.id(Source::pointer("/id"))
.event(Source::header("circleci-event-type"))
.docs("https://circleci.com/docs/webhooks/")
.times_out_after(Duration::from_secs(10));
