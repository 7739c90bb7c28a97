use crate::verify::{BatchLayout, Provider, scheme::Scheme};

/// Unit: [webhooks](https://docs.unit.co/webhooks/).
///
/// *Set-up:* in the dashboard, under Developer, Webhooks, or through the API: the public URL and a
/// token of your own, which is the secret.
///
/// *Not signed:* the headers. The signature is HMAC with SHA-1; Unit offers nothing better. A
/// request is a batch of events, each with an id and a type. Unit's own library signs the body anew
/// before it compares; here its bytes count. Its time-out and retries are *unconfirmed*.
pub const UNIT: Provider =
    Provider::new("unit", Scheme::hmac_sha1().header("x-unit-signature").base64())
        .with_batch(BatchLayout::at("/data").with_id("/id").with_event("/type"))
        .with_docs_url("https://docs.unit.co/webhooks/");
