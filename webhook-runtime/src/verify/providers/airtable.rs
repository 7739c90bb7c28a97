use crate::verify::{
    Provider, SuccessBody,
    scheme::{KeyEncoding, Scheme},
};

const DOCS: &str = "https://airtable.com/developers/web/api/webhooks-overview";

/// Airtable: [webhook notifications](https://airtable.com/developers/web/api/webhooks-overview).
///
/// *Set-up:* create the webhook through the API. The response contains the secret,
/// `macSecretBase64`, which is never shown again. A webhook that is not refreshed expires after
/// seven days. A notification only says that something changed: fetch the payloads by their cursor.
///
/// *Not signed:* the headers. A delivery has neither id nor event name. Airtable expects 200 or 204
/// without a body; its time-out and retries are *unconfirmed*.
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
