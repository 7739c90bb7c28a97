use crate::verify::{
    Provider, SuccessBody,
    scheme::{KeyEncoding, Scheme},
};

const DOCS: &str = "https://airtable.com/developers/web/api/webhooks-overview";

/// Airtable: [webhook notifications](https://airtable.com/developers/web/api/webhooks-overview).
///
/// *Set-up:* create the webhook through the API. The answer shows `macSecretBase64`, which is the
/// secret, once and never again; a webhook that is not refreshed expires after seven days. A
/// notification says only that something changed: fetch the payloads by their cursor.
///
/// *Not signed:* the headers. A delivery has no id, and nothing to tell events apart. Airtable
/// wants 200 or 204 and no body; how long it waits and tries again is unconfirmed.
pub const AIRTABLE: Provider = Provider::new(
    "airtable",
    Scheme::hmac_sha256()
        .header("x-airtable-content-mac")
        .prefix("hmac-sha256=")
        .hex()
        .key(KeyEncoding::Base64),
)
.with_success_body(SuccessBody::Empty)
.with_ack_status(200)
.with_docs_url(DOCS);
