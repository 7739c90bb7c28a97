use std::borrow::Cow;

use base64ct::{Base64, Encoding as _};
use http::HeaderMap;
use sha1::{Digest as _, Sha1};

use crate::verify::{
    Provider, Secret, form,
    scheme::{
        Hash, RequestToSign, SchemeInfo, SignError, Signed, SignedParts, SignedRequest, Verify,
        VerifyContext, VerifyError,
    },
};

const DOCS: &str = "https://developer.paypal.com/braintree/docs/guides/webhooks/parse/";

/// Braintree: [parsing webhooks][docs].
///
/// *Set-up:* the secret is the API keys as `public_key:private_key`, or the private key alone. With
/// the public key, only signatures that name it count. This crate does not answer the GET request
/// that checks a new URL: Braintree sends it only if you ask for it in the control panel.
///
/// A delivery is a form: `bt_payload` is the notification, XML in base64, and `bt_signature` its
/// signatures. Other fields are rejected.
///
/// *Not signed:* the headers. There is no signed time, so a recorded delivery can be replayed at any
/// time; `timestamp` in the XML is signed. The kind of the event is in the XML. Braintree waits 30
/// seconds, and retries for a day or longer (*unconfirmed*).
///
/// [docs]: https://developer.paypal.com/braintree/docs/guides/webhooks/parse/
pub const BRAINTREE: Provider = Provider::custom("braintree", &Braintree).with_docs_url(DOCS);

const SIGNATURE: &str = "bt_signature";
const PAYLOAD: &str = "bt_payload";

/// The most signatures in a form.
const MAX_SIGNATURES: usize = 8;

/// HMAC-SHA1 over one field of a form. The key is the SHA-1 of the private key.
#[derive(Debug)]
struct Braintree;

impl Verify for Braintree {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo::new("HMAC-SHA1, one field", "")
    }

    fn check_headers(&self, _: &HeaderMap) -> Result<(), VerifyError> {
        Ok(())
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let field = |name| match form::value(request.body, name) {
            Ok(Some(value)) if form::count(request.body) == 2 => Ok(value),
            _ => Err(VerifyError::MalformedBody),
        };
        if request.body.windows(3).any(is_lower_escape) {
            return Err(VerifyError::MalformedBody);
        }
        let (signatures, payload) = (field(SIGNATURE)?, field(PAYLOAD)?);
        // Whatever is no base64 is dropped by a careless decoder.
        let is_base64 = |it: u8| it.is_ascii_alphanumeric() || b"+/=\n".contains(&it);
        let pairs = signatures.split('&').map(|pair| pair.split_once('|'));
        if !payload.bytes().all(is_base64) || pairs.clone().nth(MAX_SIGNATURES).is_some() {
            return Err(VerifyError::MalformedBody);
        }
        let (public, private) = keys(context.secret);
        let tag = Hash::Sha1.hmac(&Sha1::digest(private), &[payload.as_bytes()]);
        let matches = |(key, signature): (&str, &str)| {
            public.is_none_or(|public| public == key.as_bytes()) && tag.is_hex(signature)
        };
        if !pairs.flatten().any(matches) {
            return Err(VerifyError::InvalidSignature);
        }
        Ok(Signed::text(payload.into_owned().into_bytes()))
    }

    /// Makes the form: the body is the notification.
    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        let (public, private) = keys(secret);
        let public = String::from_utf8_lossy(public.unwrap_or(b"public_key"));
        let payload = Base64::encode_string(request.body);
        let tag = Hash::Sha1.hmac(&Sha1::digest(private), &[payload.as_bytes()]).to_hex();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair(SIGNATURE, &format!("{public}|{tag}")).append_pair(PAYLOAD, &payload);
        let body = Cow::Owned(form.finish().into_bytes());
        Ok(SignedParts { headers: HeaderMap::new(), body })
    }
}

/// True for an escape in lower case, which Braintree never writes.
fn is_lower_escape(text: &[u8]) -> bool {
    text[0] == b'%' && text[1..].iter().any(u8::is_ascii_lowercase)
}

/// The public key, if there is one, and the private key.
fn keys(secret: &Secret) -> (Option<&[u8]>, &[u8]) {
    let text = secret.expose();
    match text.iter().position(|byte| *byte == b':') {
        Some(at) => (Some(&text[..at]), &text[at + 1..]),
        None => (None, text),
    }
}
