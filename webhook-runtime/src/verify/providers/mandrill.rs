use std::{borrow::Cow, time::SystemTime};

use http::HeaderMap;

use super::twilio::{RepeatedFields, sorted_fields};
use crate::verify::{
    BatchLayout, Provider, Secret,
    handshake::{Handshake, HandshakeResponse},
    scheme::{
        Hash, RequestToSign, SchemeInfo, SignError, SignedParts, SignedRequest, Verify,
        VerifyContext, VerifyError, header_text, insert_header,
    },
};

/// Mandrill (Mailchimp Transactional): [authenticating webhook requests][docs].
///
/// *Set-up:* the secret is the webhook's key; configure the public URL exactly as you entered it.
/// This crate answers the HEAD request that checks a new webhook. Bodies are forms whose field
/// `mandrill_events` is the JSON payload: a list of events.
///
/// *Not signed:* headers, and the borders between the form's fields, which are signed without a
/// separator: the text of one field can be made to look like another field.
///
/// [docs]: https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
pub const MANDRILL: Provider = Provider::custom("mandrill", &Mandrill)
    .with_json_form_field("mandrill_events")
    .with_batch(
        BatchLayout::at("").with_id("/_id").with_id_parts(&["/event", "/ts"]).with_event("/event"),
    )
    .with_handshakes(&[Handshake::unsigned("HEAD", &[], HandshakeResponse::Empty(200))])
    .with_docs_url(
        "https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/",
    );

const SIGNATURE: &str = "x-mandrill-signature";

/// HMAC-SHA1 over the URL and the sorted fields of a form.
#[derive(Debug)]
struct Mandrill;

impl Verify for Mandrill {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo { signs_url: true, ..SchemeInfo::new("HMAC-SHA1, fields", SIGNATURE) }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        header_text(headers, SIGNATURE).map(drop)
    }

    /// The sorted fields: the signature does not depend on their order and escaping.
    fn identity<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        Cow::Owned(sorted_fields(body, RepeatedFields::KeepAll).into_bytes())
    }

    fn verify(
        &self,
        request: &SignedRequest<'_>,
        context: &VerifyContext<'_>,
    ) -> Result<Option<SystemTime>, VerifyError> {
        if !request.is_form() {
            return Err(VerifyError::MalformedBody);
        }
        let fields = sorted_fields(request.body, RepeatedFields::KeepAll);
        let pieces = [request.url.as_bytes(), fields.as_bytes()];
        let tag = Hash::Sha1.hmac(context.secret.expose(), &pieces);
        if tag.is_base64(header_text(request.headers, SIGNATURE)?) {
            Ok(None)
        } else {
            Err(VerifyError::InvalidSignature)
        }
    }

    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        if !request.form {
            return Err(SignError::Body);
        }
        let fields = sorted_fields(request.body, RepeatedFields::KeepAll);
        let tag = Hash::Sha1.hmac(secret.expose(), &[request.url.as_bytes(), fields.as_bytes()]);
        let mut headers = HeaderMap::new();
        insert_header(&mut headers, SIGNATURE, &tag.to_base64())?;
        Ok(SignedParts::new(headers, request))
    }
}
