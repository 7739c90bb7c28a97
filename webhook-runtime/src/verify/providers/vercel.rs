use crate::verify::{Field, Provider, scheme::Scheme};

/// Vercel: [webhooks](https://vercel.com/docs/webhooks/webhooks-api).
///
/// *Set-up:* in the team's settings, under Webhooks: the public URL; the secret is shown once. The
/// webhook of an integration is signed with the integration's client secret instead.
///
/// *Not signed:* the headers; id and type are in the body. The signature is HMAC with SHA-1; Vercel
/// offers nothing better. It waits 30 seconds, and retries for a day (both *unconfirmed*).
pub const VERCEL: Provider =
    Provider::new("vercel", Scheme::hmac_sha1().header("x-vercel-signature").hex())
        .with_id(Field::pointer("/id"))
        .with_event(Field::pointer("/type"))
        .with_docs_url("https://vercel.com/docs/webhooks/webhooks-api");
