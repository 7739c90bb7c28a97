use crate::verify::{Field, Provider, scheme::Scheme};

/// Modern Treasury: webhooks, in its [API reference][docs].
///
/// *Set-up:* in the dashboard, under Developers, Webhooks: the public URL; the secret is the
/// webhook key, as text.
///
/// *Not signed:* the headers, including `X-Topic` with the kind of object (*unconfirmed*). The
/// event is what happened to it, such as `created`. A delivery has no id and no time. Its time-out
/// and retries are *unconfirmed*.
///
/// [docs]: https://docs.moderntreasury.com/platform/reference/getting-started
pub const MODERN_TREASURY: Provider =
    Provider::new("modern-treasury", Scheme::hmac_sha256().header("x-signature").hex())
        .with_event(Field::pointer("/event"))
        .with_docs_url("https://docs.moderntreasury.com/platform/reference/getting-started");
