use crate::verify::{Field, Provider, scheme::Scheme};

/// Onfido (Entrust): [verifying signatures][docs].
///
/// *Set-up:* in the dashboard, under Developers, Webhooks, or through the API: the public URL; the
/// secret is the webhook token, which is shown once.
///
/// *Not signed:* the headers. The body has the id of a check or report, but none of the delivery,
/// and no signed time of sending. Its time-out and retries are *unconfirmed*.
///
/// [docs]: https://developers.onfido.com/guide/manual-webhook-signature-verification
#[doc(alias = "entrust")]
pub const ONFIDO: Provider =
    Provider::new("onfido", Scheme::hmac_sha256().header("x-sha2-signature").hex())
        .with_event(Field::pointer("/payload/action"))
        .with_docs_url("https://developers.onfido.com/guide/manual-webhook-signature-verification");
