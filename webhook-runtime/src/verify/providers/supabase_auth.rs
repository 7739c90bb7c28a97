use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme},
};

/// Supabase, Auth Hooks over HTTP: [auth hooks][docs], by Standard Webhooks.
///
/// *Set-up:* in the dashboard, under Authentication, Hooks: an HTTPS hook with the public URL; the
/// secret is all of `v1,whsec_…`. Database webhooks are not signed.
///
/// *Not signed:* the headers, except id and time. The time may be five minutes off. A hook is a
/// question: the answer must be JSON as documented for it, such as `{}`, so a handler returns it.
/// The event is `metadata.name` (*unconfirmed*).
///
/// Supabase waits five seconds, and retries twice after a 429 or 503 with `Retry-After`
/// (*unconfirmed*).
///
/// [docs]: https://supabase.com/docs/guides/auth/auth-hooks
#[doc(alias = "supabase")]
pub const SUPABASE_AUTH: Provider = Provider::new(
    "supabase-auth",
    Scheme::standard_webhooks().key(KeyEncoding::PrefixedBase64("v1,whsec_")),
)
.with_id(Field::header("webhook-id"))
.with_event(Field::pointer("/metadata/name"))
.with_ack_status(200)
.with_docs_url("https://supabase.com/docs/guides/auth/auth-hooks");
