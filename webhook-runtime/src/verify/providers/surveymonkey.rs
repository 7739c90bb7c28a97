use crate::verify::{
    Field, Provider,
    handshake::{Handshake, HandshakeResponse},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned("HEAD", &[], HandshakeResponse::Empty(200))];

/// `SurveyMonkey`: [webhooks](https://api.surveymonkey.com/v3/docs#webhooks).
///
/// *Set-up:* create the webhook through the API, while the endpoint runs: `SurveyMonkey` first
/// sends HEAD; this crate answers. The secret is the client id of the app, `&` and its client
/// secret: `id&secret`.
///
/// *Not signed:* the headers. The signature is HMAC with SHA-1; `SurveyMonkey` offers nothing
/// better. Id and type are in the body; there is no signed time of sending. The signature was
/// confirmed with third-party code only. Its time-out and retries are *unconfirmed*.
pub const SURVEYMONKEY: Provider =
    Provider::new("surveymonkey", Scheme::hmac_sha1().header("sm-signature").base64())
        .with_id(Field::pointer("/event_id"))
        .with_event(Field::pointer("/event_type"))
        .with_handshakes(HANDSHAKES)
        .with_docs_url("https://api.surveymonkey.com/v3/docs#webhooks");
