use crate::verify::{Field, Provider, scheme::Scheme};

/// Firecrawl: [webhook security](https://docs.firecrawl.dev/webhooks/security).
///
/// *Set-up:* in the account's settings, under Advanced: the secret. Each crawl names the public
/// URL.
///
/// *Not signed:* the headers. The `id` in the body is that of the job, which sends many events, so
/// none is read here. Its time-out and retries are *unconfirmed*.
pub const FIRECRAWL: Provider = Provider::new(
    "firecrawl",
    Scheme::hmac_sha256().header("x-firecrawl-signature").prefix("sha256=").hex(),
)
.with_event(Field::pointer("/type"))
.with_docs_url("https://docs.firecrawl.dev/webhooks/security");
