use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// `CircleCI`: [outbound webhooks](https://circleci.com/docs/webhooks/).
///
/// *Set-up:* in the project's settings, under Webhooks: the public URL and a secret token. The
/// header lists signatures by version; only `v1`, the newest documented version, is checked.
///
/// *Not signed:* the headers, including the event's type. `CircleCI` waits ten seconds and retries;
/// for how long is not documented.
pub const CIRCLECI: Provider = Provider::new(
    "circleci",
    Scheme::hmac_sha256().header("circleci-signature").fields(",", "v1").hex(),
)
.with_id(Field::pointer("/id"))
.with_event(Field::header("circleci-event-type"))
.with_docs_url("https://circleci.com/docs/webhooks/")
.with_response_timeout(Duration::from_secs(10));
