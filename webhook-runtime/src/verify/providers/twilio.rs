use std::borrow::Cow;

use http::HeaderMap;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::twilio_url;
use crate::verify::{
    Field, Provider, Secret,
    form::{AmbiguousForm, RepeatedFields, SortedFields},
    scheme::{
        Hash, RequestToSign, SchemeInfo, SignError, Signed, SignedParts, SignedRequest, Verify,
        VerifyContext, VerifyError, header_text, insert_header,
    },
};

/// Twilio: [securing requests][docs].
///
/// *Set-up:* the secret is the account's auth token or, if Twilio is configured to sign with
/// HMAC-SHA256, the shared key. Configure the public URL exactly as in Twilio. The standard port may
/// be present or absent, and the query may be escaped in another way than the one that was signed:
/// Twilio signs one spelling and requests another ([#621], [#1059]). Register JSON webhooks with Twilio's `bodySHA256`.
///
/// *Not signed:* headers, and the borders between a form's fields: anyone who has seen a delivery
/// can make the end of one value look like another field. Forms are signed field by field. A JSON
/// body is protected by its hash, which Twilio puts into the URL; a JSON body without the hash is
/// rejected. A GET has its payload in the query, which is decoded like a form.
///
/// [docs]: https://www.twilio.com/docs/usage/security
/// [#621]: https://github.com/twilio/twilio-node/issues/621
/// [#1059]: https://github.com/twilio/twilio-node/issues/1059
pub const TWILIO: Provider = Provider::custom("twilio", &Twilio)
    .with_id(Field::header("i-twilio-idempotency-token"))
    .with_methods("POST, GET")
    .with_docs_url("https://www.twilio.com/docs/usage/security")
    .with_response_timeout(std::time::Duration::from_secs(15));

const SIGNATURE: &str = "x-twilio-signature";
const SETTINGS: &str = "x-twilio-webhooks-signature-settings";

/// HMAC over the URL and the sorted fields of a form.
#[derive(Debug)]
struct Twilio;

impl Verify for Twilio {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            joins_form_fields: true,
            signs_url: true,
            ..SchemeInfo::new("HMAC-SHA1 or -SHA256, fields", SIGNATURE)
        }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        header_text(headers, SIGNATURE)?;
        hash(headers).map(drop)
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let sent = header_text(request.headers, SIGNATURE)?;
        let hash = hash(request.headers)?;
        let form = match body_hash(request.url) {
            Some(expected) => {
                if !is_hash_of(&expected, request.body) {
                    return Err(VerifyError::InvalidSignature);
                }
                &b""[..]
            }
            None if request.body.is_empty() || request.is_form() => request.body,
            None => return Err(VerifyError::MalformedBody),
        };
        let fields = fields(form).map_err(|AmbiguousForm| VerifyError::MalformedBody)?;
        let matches = |url: &Cow<'_, str>| fields.hmac(hash, context.secret, url).is_base64(sent);
        let url = twilio_url::spellings(request.url).into_iter().find(matches);
        let url = url.ok_or(VerifyError::InvalidSignature)?;
        // The URL in the spelling that was signed, so that all spellings are one delivery.
        Ok(Signed::joined(url.into_owned().into_bytes(), fields.joined()))
    }

    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        let form = if request.form {
            request.body
        } else if request.body.is_empty() || body_hash(request.url).is_some() {
            &b""[..]
        } else {
            return Err(SignError::Body);
        };
        let fields = fields(form).map_err(|AmbiguousForm| SignError::Body)?;
        let tag = fields.hmac(Hash::Sha1, secret, request.url);
        let mut headers = HeaderMap::new();
        insert_header(&mut headers, SIGNATURE, &tag.to_base64())?;
        Ok(SignedParts::new(headers, request))
    }
}

/// The hash function in the settings header; SHA-1 without the header.
fn hash(headers: &HeaderMap) -> Result<Hash, VerifyError> {
    if !headers.contains_key(SETTINGS) {
        return Ok(Hash::Sha1);
    }
    let mut algorithms = header_text(headers, SETTINGS)?
        .split(',')
        .filter_map(|setting| setting.strip_prefix("algorithm="));
    match (algorithms.next(), algorithms.next()) {
        (Some("HMAC_SHA1"), None) => Ok(Hash::Sha1),
        (Some("HMAC_SHA256"), None) => Ok(Hash::Sha256),
        _ => Err(VerifyError::MalformedHeader(SETTINGS)),
    }
}

/// The hash of the body in the URL.
fn body_hash(url: &str) -> Option<Cow<'_, str>> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "bodySHA256")
        .map(|(_, hash)| hash)
}

fn is_hash_of(expected: &str, body: &[u8]) -> bool {
    let mut buffer = [0; 32];
    base16ct::lower::decode(expected, &mut buffer)
        .is_ok_and(|expected| Sha256::digest(body).as_slice().ct_eq(expected).into())
}

/// The sorted fields of a form: the signature does not depend on their order and escaping.
fn fields(form: &[u8]) -> Result<SortedFields<'_>, AmbiguousForm> {
    SortedFields::read(form, RepeatedFields::Distinct)
}
