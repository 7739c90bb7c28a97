use http::HeaderMap;

use crate::verify::{
    Provider, Secret,
    form::{AmbiguousForm, RepeatedFields, SortedFields},
    scheme::{
        Hash, RequestToSign, SchemeInfo, SignError, Signed, SignedParts, SignedRequest, Tag,
        Verify, VerifyContext, VerifyError, header_text, insert_header,
    },
};

const DOCS: &str = "https://www.plivo.com/docs/voice/concepts/signature-validation/";

/// Plivo: [signature validation][docs], version 3.
///
/// *Set-up:* the secret is the auth token; configure the public URL exactly as Plivo requests it,
/// with its query. The method must be POST. While a token is rotated, the header has a signature for
/// each.
///
/// *Not signed:* headers, except the nonce, and the borders between the fields of query and form:
/// whoever has seen a request can move text from one field to another, also between form and query.
/// There is no signed time, so a recorded request can be replayed at any time. Time-out and retries
/// are *unconfirmed*.
///
/// [docs]: https://www.plivo.com/docs/voice/concepts/signature-validation/
pub const PLIVO: Provider = Provider::custom("plivo", &Plivo).with_docs_url(DOCS);

const SIGNATURE: &str = "x-plivo-signature-v3";
const NONCE: &str = "x-plivo-signature-v3-nonce";

/// The most signatures in the header.
const MAX_SIGNATURES: usize = 8;

/// HMAC-SHA256 over the URL with its query sorted, the sorted fields of a form, and a nonce.
#[derive(Debug)]
struct Plivo;

impl Verify for Plivo {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            joins_form_fields: true,
            signs_url: true,
            ..SchemeInfo::new("HMAC-SHA256, fields", SIGNATURE)
        }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        header_text(headers, SIGNATURE)?;
        nonce(headers).map(drop)
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let sent = header_text(request.headers, SIGNATURE)?;
        if sent.split(',').nth(MAX_SIGNATURES).is_some() {
            return Err(VerifyError::TooManySignatures(SIGNATURE));
        }
        let nonce = nonce(request.headers)?;
        if !request.body.is_empty() && !request.is_form() {
            return Err(VerifyError::MalformedBody);
        }
        let text = Text::read(request.url, request.body)
            .map_err(|AmbiguousForm| VerifyError::MalformedBody)?;
        let tag = text.hmac(context.secret, nonce);
        if !sent.split(',').any(|signature| tag.is_base64(signature)) {
            return Err(VerifyError::InvalidSignature);
        }
        Ok(Signed::joined(text.url.into_bytes(), text.fields.joined()))
    }

    /// Signs with the id as the nonce.
    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        if !request.form && !request.body.is_empty() {
            return Err(SignError::Body);
        }
        let text =
            Text::read(request.url, request.body).map_err(|AmbiguousForm| SignError::Body)?;
        let mut headers = HeaderMap::new();
        insert_header(&mut headers, NONCE, request.id)?;
        nonce(&headers).map_err(|_| SignError::Header(NONCE))?;
        insert_header(&mut headers, SIGNATURE, &text.hmac(secret, request.id).to_base64())?;
        Ok(SignedParts::new(headers, request))
    }
}

/// The nonce. A dot in it could be taken for the one in front of it.
fn nonce(headers: &HeaderMap) -> Result<&str, VerifyError> {
    let nonce = header_text(headers, NONCE)?;
    let is_plain = !nonce.is_empty() && nonce.bytes().all(|it| it.is_ascii_graphic() && it != b'.');
    if is_plain { Ok(nonce) } else { Err(VerifyError::MalformedHeader(NONCE)) }
}

/// The signed text without the nonce.
struct Text<'r> {
    /// The URL with its query sorted, up to the fields of the form.
    url: String,
    fields: SortedFields<'r>,
}

impl<'r> Text<'r> {
    fn read(url: &str, form: &'r [u8]) -> Result<Self, AmbiguousForm> {
        let fields = SortedFields::read(form, RepeatedFields::SortAll)?;
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let query = SortedFields::read(query.as_bytes(), RepeatedFields::SortAll)?;
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut url = base.to_owned();
        if !query.is_empty() || !form.is_empty() {
            url.push('?');
        }
        url.push_str(&query.join("&"));
        if !query.is_empty() && !form.is_empty() {
            url.push('.');
        }
        Ok(Self { url, fields })
    }

    fn hmac(&self, secret: &Secret, nonce: &str) -> Tag {
        Hash::Sha256.hmac_of(secret.expose(), &mut |sink| {
            sink(self.url.as_bytes());
            for (name, value) in self.fields.iter() {
                sink(name.as_bytes());
                sink(value.as_bytes());
            }
            sink(b".");
            sink(nonce.as_bytes());
        })
    }
}
