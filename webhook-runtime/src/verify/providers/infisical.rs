use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

const DOCS: &str = "https://infisical.com/docs/documentation/platform/webhooks";

/// Infisical: [webhooks][docs].
///
/// *Set-up:* in the settings of a project, under Webhooks, add the public URL and a secret key.
/// Without a key, Infisical signs nothing.
///
/// *Not signed:* the headers, and so the time in the signature header. The same time is signed in the
/// body, at `/timestamp`, in milliseconds, and may be five minutes off. That limit is this crate's.
/// There is no id. The scheme was confirmed with a third party's receiver. Time-out and retries are
/// *unconfirmed*.
///
/// [docs]: https://infisical.com/docs/documentation/platform/webhooks
pub const INFISICAL: Provider = Provider::new(
    "infisical",
    Scheme::hmac_sha256()
        .header("x-infisical-signature")
        .unnamed_field(";")
        .hex()
        .timestamp(Timestamp::pointer("/timestamp").unix_millis()),
)
.with_event(Field::pointer("/event"))
.with_docs_url(DOCS);
