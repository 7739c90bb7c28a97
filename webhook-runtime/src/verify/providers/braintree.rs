use std::{borrow::Cow, time::Duration};

use base64ct::{Base64, Encoding as _};
use http::{HeaderMap, HeaderValue, header};
use sha1::{Digest as _, Sha1};

use crate::verify::{
    Provider, Secret, SecretError, form,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::{
        Hash, RequestToSign, SchemeInfo, SignError, Signed, SignedParts, SignedRequest, Tag,
        Verify, VerifyContext, VerifyError,
    },
};

const DOCS: &str = "https://developer.paypal.com/braintree/docs/guides/webhooks/parse/";

const CHALLENGE: &str = "bt_challenge";

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "GET",
    &[Condition::Query(CHALLENGE)],
    HandshakeResponse::Text(RequestValue::SchemeAnswer(&RequestValue::Query(CHALLENGE))),
)];

/// Braintree: [parsing webhooks][docs].
///
/// *Set-up:* in the control panel, under API, add the public URL of a webhook. The secret is a pair of
/// API keys, written as `public_key:private_key`. Only signatures that name this public key count.
/// Braintree can check a new URL with a challenge, which is answered if it is 20 to 32 hexadecimal
/// digits.
///
/// A delivery is a form of two fields, `bt_payload` and `bt_signature`. The handler gets the decoded
/// `bt_payload` in place of the body. It is XML: take `&Delivery`, and parse `Delivery::body` with a
/// crate of your choice. The XML has the kind of the event in `kind`, and there is no id.
///
/// *Not signed:* the headers. There is no signed time, so a recorded delivery can be replayed at any
/// time; `timestamp` in the XML is signed. A challenge of a stranger is answered with a signature, so
/// a delivery whose payload could be a challenge is refused. Braintree waits 30 seconds, and retries
/// for a day (*unconfirmed*).
///
/// [docs]: https://developer.paypal.com/braintree/docs/guides/webhooks/parse/
pub const BRAINTREE: Provider = Provider::custom("braintree", &Braintree)
    .with_handshakes(HANDSHAKES)
    .with_response_timeout(Duration::from_secs(30))
    .with_docs_url(DOCS);

const SIGNATURE: &str = "bt_signature";
const PAYLOAD: &str = "bt_payload";

/// The maximum number of signatures in a form.
const MAX_SIGNATURES: usize = 8;

const MALFORMED_SECRET: SecretError = SecretError::Malformed("of the form public_key:private_key");

/// HMAC-SHA1 over one field of a form. The key is the SHA-1 of the private key.
#[derive(Debug)]
struct Braintree;

impl Verify for Braintree {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            secret_parts: &["public_key", "private_key"],
            payload_media_type: "application/xml",
            ..SchemeInfo::new("HMAC-SHA1, one field", "")
        }
    }

    fn check_secret(&self, secret: &Secret) -> Result<(), SecretError> {
        ApiKeys::read(secret).map(drop).ok_or(MALFORMED_SECRET)
    }

    fn check_headers(&self, _: &HeaderMap) -> Result<(), VerifyError> {
        Ok(())
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        const MALFORMED: VerifyError = VerifyError::MalformedBody;
        let keys =
            ApiKeys::read(context.secret).ok_or(VerifyError::InvalidSecret(MALFORMED_SECRET))?;
        if form::count(request.body) != 2 || request.body.windows(3).any(is_lower_case_escape) {
            return Err(MALFORMED);
        }
        let field = |name| form::value(request.body, name).ok().flatten().ok_or(MALFORMED);
        let (signatures, payload) = (field(SIGNATURE)?, field(PAYLOAD)?);
        if is_challenge(&payload) {
            return Err(MALFORMED);
        }
        let pairs = signatures.split('&').map(|pair| pair.split_once('|'));
        if pairs.clone().nth(MAX_SIGNATURES).is_some() {
            return Err(MALFORMED);
        }
        let tag = keys.tag(&payload);
        let matches =
            |(key, tagged): (&str, &str)| key.as_bytes() == keys.public && tag.is_hex(tagged);
        if !pairs.flatten().any(matches) {
            return Err(VerifyError::InvalidSignature);
        }
        // Only line breaks may be between the digits: other decoders skip other characters.
        let xml = Base64::decode_vec(&payload.replace('\n', "")).map_err(|_| MALFORMED)?;
        Ok(Signed::text(payload.into_owned().into_bytes()).with_payload(xml))
    }

    fn answer_challenge(&self, secret: &Secret, challenge: &str) -> Option<String> {
        let keys = ApiKeys::read(secret)?;
        is_challenge(challenge).then(|| keys.pair(challenge))
    }

    /// Makes the form: the body is the notification.
    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        let keys = ApiKeys::read(secret).ok_or(SignError::Secret(MALFORMED_SECRET))?;
        let payload = Base64::encode_string(request.body);
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair(SIGNATURE, &keys.pair(&payload)).append_pair(PAYLOAD, &payload);
        let body = Cow::Owned(form.finish().into_bytes());
        let label = HeaderValue::from_static("application/x-www-form-urlencoded");
        Ok(SignedParts {
            body,
            ..SignedParts::new(HeaderMap::from_iter([(header::CONTENT_TYPE, label)]), request)
        })
    }
}

/// The two parts of a secret. They are no pair of an asymmetric algorithm: the private key is shared.
struct ApiKeys<'s> {
    public: &'s [u8],
    private: &'s [u8],
}

impl<'s> ApiKeys<'s> {
    fn read(secret: &'s Secret) -> Option<Self> {
        let text = secret.expose();
        let at = text.iter().position(|byte| *byte == b':')?;
        let (public, private) = (&text[..at], &text[at + 1..]);
        let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
        let is_word = !public.is_empty() && public.iter().all(is_of_word);
        (is_word && !private.trim_ascii().is_empty()).then_some(Self { public, private })
    }

    fn tag(&self, text: &str) -> Tag {
        Hash::Sha1.hmac(&Sha1::digest(self.private), &[text.as_bytes()])
    }

    /// The public key and the signature of a text.
    fn pair(&self, text: &str) -> String {
        format!("{}|{}", String::from_utf8_lossy(self.public), self.tag(text).to_hex())
    }
}

/// True for a text that is signed for anybody.
fn is_challenge(text: &str) -> bool {
    (20..=32).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// True for an escape in lower case, which Braintree never writes.
fn is_lower_case_escape(text: &[u8]) -> bool {
    text[0] == b'%' && text[1..].iter().any(u8::is_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn judge(body: &[u8]) -> Result<Option<Vec<u8>>, VerifyError> {
        let request =
            SignedRequest { method: "POST", url: "", headers: &HeaderMap::new(), query: "", body };
        let verified = BRAINTREE.verify(&[keys()], &request, None, SystemTime::now());
        verified.map(|verified| verified.payload)
    }

    fn keys() -> Secret {
        Secret::new("public1:private2")
    }

    fn form_of(payload: &str) -> Vec<u8> {
        let secret = keys();
        let keys = ApiKeys::read(&secret).expect("two keys");
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair(SIGNATURE, &keys.pair(payload)).append_pair(PAYLOAD, payload);
        form.finish().into_bytes()
    }

    #[test]
    fn the_payload_is_the_decoded_field() {
        let sent = BRAINTREE.sign(&keys(), &RequestToSign::new(b"<a>1</a>")).expect("signed");
        assert_eq!(judge(&sent.body), Ok(Some(b"<a>1</a>".to_vec())));
        assert_eq!(judge(&form_of("PGE+\nMTwv\nYT4=\n")), Ok(Some(b"<a>1</a>".to_vec())));
        for payload in ["PGE+*", "PGE", "PGE+ MTwv"] {
            assert_eq!(judge(&form_of(payload)), Err(VerifyError::MalformedBody), "{payload}");
        }
    }

    #[test]
    fn an_answered_challenge_is_no_delivery() {
        for challenge in ["0123456789abcdef0123", "0123456789abcdef0123456789abcdef"] {
            let answer = Braintree.answer_challenge(&keys(), challenge).expect("a challenge");
            assert!(answer.starts_with("public1|"), "{answer}");
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair(SIGNATURE, &answer).append_pair(PAYLOAD, challenge);
            assert_eq!(judge(form.finish().as_bytes()), Err(VerifyError::MalformedBody));
        }
        for other in ["0123456789abcdef012", "0123456789ABCDEF0123", "0123456789abcdef012g", ""] {
            assert_eq!(Braintree.answer_challenge(&keys(), other), None, "{other}");
        }
        assert_eq!(Braintree.answer_challenge(&keys(), &"a".repeat(33)), None);
    }

    #[test]
    fn a_secret_is_two_keys() {
        for text in ["private", ":private", "public:", "public: ", "pub lic:private"] {
            assert_eq!(Braintree.check_secret(&Secret::new(text)), Err(MALFORMED_SECRET), "{text}");
        }
        assert_eq!(Braintree.check_secret(&keys()), Ok(()));
    }
}
