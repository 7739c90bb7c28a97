use crate::verify::{Deduplication, Provider, scheme::Scheme};

/// Acuity Scheduling: [webhooks](https://developers.acuityscheduling.com/docs/webhooks).
///
/// *Set-up:* in the integrations, under API, or through the API: the public URL. The secret is the
/// API key of the account.
///
/// *Not signed:* the headers. The body is a form: `action` is the event and `id` the appointment,
/// so a handler takes a form, and no event is read here. A delivery has no id and no time: two
/// changes of an appointment have the same bytes, and an inbox takes none for a copy. Its time-out
/// and retries are *unconfirmed*.
pub const ACUITY: Provider =
    Provider::new("acuity", Scheme::hmac_sha256().header("x-acuity-signature").base64())
        .with_deduplication(Deduplication::Disabled)
        .with_docs_url("https://developers.acuityscheduling.com/docs/webhooks");
