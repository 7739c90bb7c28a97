use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Buildkite: [webhooks](https://buildkite.com/docs/apis/webhooks/pipelines), by HMAC signature.
///
/// *Set-up:* in the organization's settings, under Notification Services: a webhook with the public
/// URL, and "Send an HMAC signature". The secret is the token. (The other choice sends the token
/// itself, and is refused here.)
///
/// *Not signed:* the headers, except the time in the signature header, for which Buildkite sets no
/// limit. The event is in the body; the id of the request is in a header (*unconfirmed*). Its
/// time-out and retries are *unconfirmed*.
pub const BUILDKITE: Provider = Provider::new(
    "buildkite",
    Scheme::hmac_sha256()
        .header("x-buildkite-signature")
        .fields(",", "signature")
        .hex()
        .timestamp(Timestamp::field("timestamp").without_window())
        .signed("{timestamp}.{body}"),
)
.with_id(Field::header("x-buildkite-request"))
.with_event(Field::pointer("/event"))
.with_docs_url("https://buildkite.com/docs/apis/webhooks/pipelines");
