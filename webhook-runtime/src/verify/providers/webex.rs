use crate::verify::{Field, Provider, scheme::Scheme};

/// Cisco Webex: [receiving and verifying webhooks][docs].
///
/// *Set-up:* create the webhook through the API, with the public URL as `targetUrl` and a secret of
/// your own.
///
/// *Not signed:* the headers. The signature is HMAC with SHA-1; Webex offers nothing better. The
/// event is what happened, such as `created`, and the action is the kind of the object, such as
/// `messages`. Several events share the id of an object, so none is read here. Webex disables a
/// webhook that keeps failing (*unconfirmed*).
///
/// [docs]: https://developer.webex.com/docs/receive-and-verify-webhooks
#[doc(alias = "cisco")]
pub const WEBEX: Provider =
    Provider::new("webex", Scheme::hmac_sha1().header("x-spark-signature").hex())
        .with_event(Field::pointer("/event"))
        .with_action(Field::pointer("/resource"))
        .with_docs_url("https://developer.webex.com/docs/receive-and-verify-webhooks");
