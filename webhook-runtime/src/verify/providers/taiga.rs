use crate::verify::{Field, Provider, scheme::Scheme};

/// Taiga: [webhooks](https://docs.taiga.io/webhooks.html).
///
/// *Set-up:* in the project's settings, under Integrations, Webhooks: the public URL and a secret
/// key of your own.
///
/// *Not signed:* the headers. The signature is HMAC with SHA-1; Taiga offers nothing better. The
/// event is the kind of the object, such as `userstory`; the action is what happened. The event
/// `test` comes from the button beside the webhook. Its time-out and retries are *unconfirmed*.
pub const TAIGA: Provider =
    Provider::new("taiga", Scheme::hmac_sha1().header("x-taiga-webhook-signature").hex())
        .with_event(Field::pointer("/type"))
        .with_action(Field::pointer("/action"))
        .with_docs_url("https://docs.taiga.io/webhooks.html");
