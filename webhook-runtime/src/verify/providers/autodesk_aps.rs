use crate::verify::{Field, Provider, scheme::Scheme};

/// Autodesk Platform Services: [verifying payload signatures][docs].
///
/// *Set-up:* set a secret token of your own through the API, for all webhooks of the app or for
/// one.
///
/// *Not signed:* the headers, including the id of the delivery. The signature is HMAC with SHA-1;
/// Autodesk offers nothing better. Its time-out and retries are *unconfirmed*.
///
/// [docs]: https://aps.autodesk.com/en/docs/webhooks/v1/tutorials/how-to-verify-payload-signature/
#[doc(alias = "autodesk")]
pub const AUTODESK_APS: Provider = Provider::new(
    "autodesk-aps",
    Scheme::hmac_sha1().header("x-adsk-signature").prefix("sha1hash=").hex(),
)
.with_id(Field::header("x-adsk-delivery-id"))
.with_event(Field::pointer("/hook/event"))
.with_docs_url(
    "https://aps.autodesk.com/en/docs/webhooks/v1/tutorials/how-to-verify-payload-signature/",
);
