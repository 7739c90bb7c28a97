use crate::verify::{Field, Provider, scheme::Scheme};

/// Formstack Forms: [webhook set-up](https://developers.formstack.com/docs/webhook-setup).
///
/// *Set-up:* in the form's settings, under Emails & Actions: a webhook with the public URL, JSON as
/// content type, and an HMAC key of your own, which is the secret.
///
/// *Not signed:* the headers. `UniqueID` is the id of the submission; there is no event and no time
/// of sending. The signature was confirmed with third-party code only. Its time-out and retries are
/// *unconfirmed*.
pub const FORMSTACK: Provider = Provider::new(
    "formstack",
    Scheme::hmac_sha256().header("x-fs-signature").prefix("sha256=").hex(),
)
.with_id(Field::pointer("/UniqueID"))
.with_docs_url("https://developers.formstack.com/docs/webhook-setup");
