use http::HeaderMap;

use crate::verify::{
    BatchLayout, Provider, Secret,
    form::{AmbiguousForm, RepeatedFields, SortedFields},
    handshake::{Handshake, HandshakeResponse},
    json,
    scheme::{
        Hash, RequestToSign, SchemeInfo, SignError, Signed, SignedParts, SignedRequest, Verify,
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
/// separator. A form with `mandrill_events` is rejected if that is not JSON, or not the only field, so
/// that no border can be moved into it or out of it.
///
/// [docs]: https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
#[doc(alias = "mailchimp")]
pub const MANDRILL: Provider = Provider::custom("mandrill", &Mandrill)
    .with_json_form_field(EVENTS)
    .with_batch(
        BatchLayout::at("").with_id("/_id").with_id_parts(&["/event", "/ts"]).with_event("/event"),
    )
    .with_handshakes(&[Handshake::unsigned("HEAD", &[], HandshakeResponse::Empty(200))])
    .with_docs_url(
        "https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/",
    );

/// The field with the events.
const EVENTS: &str = "mandrill_events";

const SIGNATURE: &str = "x-mandrill-signature";

/// HMAC-SHA1 over the URL and the sorted fields of a form.
#[derive(Debug)]
struct Mandrill;

impl Verify for Mandrill {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            joins_form_fields: true,
            signs_url: true,
            ..SchemeInfo::new("HMAC-SHA1, fields", SIGNATURE)
        }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        header_text(headers, SIGNATURE).map(drop)
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        if !request.is_form() {
            return Err(VerifyError::MalformedBody);
        }
        let fields = SortedFields::read(request.body, RepeatedFields::KeepAll)
            .map_err(|AmbiguousForm| VerifyError::MalformedBody)?;
        let signature = header_text(request.headers, SIGNATURE)?;
        if !fields.hmac(Hash::Sha1, context.secret, request.url).is_base64(signature) {
            return Err(VerifyError::InvalidSignature);
        }
        let is_only_field = fields.iter().count() == 1;
        let events = fields.iter().find(|(name, _)| *name == EVENTS);
        let are_whole =
            events.is_some_and(|(_, events)| is_only_field && json::is_json(events.as_bytes()));
        let fields = fields.joined();
        // With a border moved, the events begin or end early or late, or are another field's text.
        if !are_whole && names_events(request.url, &fields) {
            return Err(VerifyError::MalformedBody);
        }
        Ok(Signed::joined(request.url.as_bytes(), fields))
    }

    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        if !request.form {
            return Err(SignError::Body);
        }
        let fields = SortedFields::read(request.body, RepeatedFields::KeepAll)
            .map_err(|AmbiguousForm| SignError::Body)?;
        let tag = fields.hmac(Hash::Sha1, secret, request.url);
        let mut headers = HeaderMap::new();
        insert_header(&mut headers, SIGNATURE, &tag.to_base64())?;
        Ok(SignedParts::new(headers, request))
    }
}

/// True if the signed text has the name of the field with the events, also across the border of URL
/// and fields.
fn names_events(url: &str, fields: &[u8]) -> bool {
    let contains = |text: &[u8]| text.windows(EVENTS.len()).any(|part| part == EVENTS.as_bytes());
    let start = &fields[..fields.len().min(EVENTS.len())];
    contains(&[url.as_bytes(), start].concat()) || contains(fields)
}
