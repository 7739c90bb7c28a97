//! A scheme prepared for one endpoint. It reads the head of a request once into claims, and
//! verifies the claims.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use http::HeaderMap;

use super::{
    KeyRequest, Scheme, Signed, SignedRequest, Verified, Verify, VerifyContext, VerifyError,
    grammar::{self, HeaderNames},
    head::HeadClaims,
    is_opaque_token,
    key::Key,
    sensitive_headers,
    template::{Template, Values},
};
use crate::verify::{Secret, SecretError};

/// The scheme of a provider: as data, or as code.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant, reason = "in constants")]
pub(crate) enum Mechanism {
    Data(Scheme),
    Code(&'static dyn Verify),
}

/// A scheme with the settings of one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Verifier {
    mechanism: Mechanism,
    names: HeaderNames,
    /// The names of a second family of headers.
    alternative_names: Option<HeaderNames>,
    tolerance: Option<Duration>,
    /// True if unsigned handshakes get the signature of a challenge: opaque tokens are then
    /// rejected as deliveries.
    rejects_tokens: bool,
    /// True if the identity of a delivery is wanted.
    wants_identity: bool,
}

/// The prepared secrets of a scheme.
#[derive(Clone)]
pub(crate) enum Keys {
    Data(Vec<(Cow<'static, str>, Key)>),
    Code(&'static dyn Verify, Vec<Secret>),
}

impl Verifier {
    /// Returns `None` for a tolerance without a signed time.
    pub(crate) fn new(
        mechanism: &Mechanism,
        tolerance: Option<Duration>,
        rejects_tokens: bool,
    ) -> Option<Self> {
        let mechanism = match (mechanism, tolerance) {
            (Mechanism::Data(scheme), Some(window)) => {
                Mechanism::Data(scheme.with_tolerance(window)?)
            }
            (Mechanism::Code(code), Some(_)) if !code.scheme_info().signs_time => return None,
            (mechanism, _) => *mechanism,
        };
        let (names, alternative_names) = match &mechanism {
            Mechanism::Data(scheme) => (scheme.header_names(), scheme.alternative_names()),
            Mechanism::Code(_) => (HeaderNames::default(), None),
        };
        Some(Self {
            mechanism,
            names,
            alternative_names,
            tolerance,
            rejects_tokens,
            wants_identity: false,
        })
    }

    /// Computes the identity of each verified delivery.
    pub(crate) fn with_identity(mut self) -> Self {
        self.wants_identity = true;
        self
    }

    /// Prepares every secret, or returns every error with the name of its secret.
    pub(crate) fn prepare(
        &self,
        secrets: &[Secret],
    ) -> Result<Keys, Vec<(Cow<'static, str>, SecretError)>> {
        let mut problems = Vec::new();
        let mut record = |secret: &Secret, error| problems.push((secret.name_cow(), error));
        let keys = match &self.mechanism {
            Mechanism::Data(scheme) => Keys::Data(
                secrets
                    .iter()
                    .filter_map(|secret| match Key::prepare(scheme.algorithm, scheme.key, secret) {
                        Ok(key) => Some((secret.name_cow(), key)),
                        Err(error) => {
                            record(secret, error);
                            None
                        }
                    })
                    .collect(),
            ),
            Mechanism::Code(code) => {
                for secret in secrets {
                    let checked = if secret.is_blank() {
                        Err(SecretError::Blank)
                    } else {
                        code.check_secret(secret)
                    };
                    if let Err(error) = checked {
                        record(secret, error);
                    }
                }
                Keys::Code(*code, secrets.to_vec())
            }
        };
        if problems.is_empty() { Ok(keys) } else { Err(problems) }
    }

    /// Reads the claims in the head of a request, before the body is read.
    pub(crate) fn read_head<'r>(
        &'r self,
        headers: &'r HeaderMap,
        query: &'r str,
    ) -> Result<Claims<'r>, VerifyError> {
        let claims = match &self.mechanism {
            Mechanism::Data(scheme) => {
                ParsedHead::Data(scheme, scheme.read_head(self.names_in(headers), headers, query)?)
            }
            Mechanism::Code(code) => {
                code.check_headers(headers)?;
                ParsedHead::Code(*code)
            }
        };
        Ok(Claims { verifier: self, claimed: claims })
    }

    /// The names of the family that the request uses: the second one, if its signature was sent.
    fn names_in(&self, headers: &HeaderMap) -> &HeaderNames {
        self.alternative_names
            .as_ref()
            .filter(|names| names.signatures.iter().any(|name| headers.contains_key(name)))
            .unwrap_or(&self.names)
    }

    /// Gives the headers of a verified request the names that the provider's fields have.
    pub(crate) fn unify_headers(&self, headers: &mut HeaderMap) {
        if let Mechanism::Data(scheme) = &self.mechanism {
            scheme.unify_headers(headers);
        }
    }

    /// Marks the headers with credentials as sensitive, so that `Debug` hides them.
    pub(crate) fn mark_sensitive(&self, headers: &mut HeaderMap) {
        for name in self.alternative_names.iter().flat_map(|names| &names.signatures) {
            grammar::mark_sensitive(headers, name.as_str());
        }
        match &self.mechanism {
            Mechanism::Data(scheme) => scheme.placement.mark_sensitive(headers),
            Mechanism::Code(code) => {
                grammar::mark_sensitive(headers, code.scheme_info().signature_header);
            }
        }
        sensitive_headers::mark_sensitive(headers);
    }

    /// The key to fetch before this request can be verified.
    pub(crate) fn key_request(
        &self,
        request: &SignedRequest<'_>,
    ) -> Result<Option<KeyRequest>, VerifyError> {
        match &self.mechanism {
            Mechanism::Data(_) => Ok(None),
            Mechanism::Code(code) => code.key_request(request),
        }
    }

    /// The time of signing that a request claims, if the scheme is data.
    #[cfg(feature = "testing")]
    pub(crate) fn claimed_time(&self, request: &SignedRequest<'_>) -> Option<SystemTime> {
        let Mechanism::Data(scheme) = &self.mechanism else { return None };
        let names = self.names_in(request.headers);
        let head = scheme.read_head(names, request.headers, request.query).ok()?;
        scheme.claimed_time(&head, request.body)
    }

    /// Reads the head of a request, and verifies the request.
    pub(crate) fn verify(
        &self,
        request: &SignedRequest<'_>,
        keys: &Keys,
        key: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<Verified, VerifyError> {
        self.read_head(request.headers, request.query)?.verify(request, keys, key, now)
    }
}

/// The claims in the head of a request. They are untrusted until [`verify`](Self::verify) has
/// compared them with the body and the secrets.
pub(crate) struct Claims<'r> {
    verifier: &'r Verifier,
    claimed: ParsedHead<'r>,
}

#[allow(clippy::large_enum_variant, reason = "it stays where it was made")]
enum ParsedHead<'r> {
    Data(&'r Scheme, HeadClaims<'r>),
    Code(&'static dyn Verify),
}

impl Claims<'_> {
    /// Checks that a signature is well formed, as it is in every request that verifies.
    pub(crate) fn check_format(&self) -> Result<(), VerifyError> {
        match &self.claimed {
            ParsedHead::Data(scheme, head) => scheme.check_format(&head.signatures),
            ParsedHead::Code(_) => Ok(()),
        }
    }

    /// Verifies that one of the secrets signed the request with this head, and that the signed time
    /// is recent.
    pub(crate) fn verify(
        &self,
        request: &SignedRequest<'_>,
        keys: &Keys,
        key: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<Verified, VerifyError> {
        if self.verifier.rejects_tokens && is_opaque_token(request.body) {
            return Err(VerifyError::MalformedBody);
        }
        let wants_identity = self.verifier.wants_identity;
        match (&self.claimed, keys) {
            (ParsedHead::Data(scheme, head), Keys::Data(keys)) => {
                scheme.verify(head, request, keys, now, wants_identity).or_else(|error| {
                    // A malformed signature is reported before any other error. A signature that
                    // matched is well formed.
                    scheme.check_format(&head.signatures)?;
                    Err(error)
                })
            }
            (ParsedHead::Code(code), Keys::Code(_, secrets)) => {
                let tolerance = self.verifier.tolerance;
                let context = VerifyContext { secret: &NO_SECRET, key, now, tolerance };
                let verified = verify_by_code(*code, request, secrets, context);
                verified.map(|(secret_name, mut signed)| {
                    let identity = wants_identity.then(|| signed.identity());
                    let (signed_at, payload) = (signed.time(), signed.take_payload());
                    Verified { secret_name, signed_at, identity, payload }
                })
            }
            // Unreachable: a verifier only uses keys that it prepared itself.
            _ => Err(VerifyError::InvalidSignature),
        }
    }
}

/// A placeholder for schemes without a secret.
static NO_SECRET: Secret = Secret::none();

/// Returns the name of the secret, and what was signed.
fn verify_by_code<'r>(
    code: &dyn Verify,
    request: &SignedRequest<'r>,
    secrets: &[Secret],
    context: VerifyContext<'_>,
) -> Result<(Cow<'static, str>, Signed<'r>), VerifyError> {
    if !code.scheme_info().needs_secret {
        return Ok((NO_SECRET.name_cow(), code.verify(request, &context)?));
    }
    for secret in secrets {
        match code.verify(request, &VerifyContext { secret, ..context }) {
            Ok(signed) => return Ok((secret.name_cow(), signed)),
            Err(VerifyError::InvalidSignature) => {}
            Err(error) => return Err(error),
        }
    }
    Err(VerifyError::InvalidSignature)
}

impl Keys {
    /// The answer of a scheme in code to a challenge with the first secret, for handshakes.
    pub(crate) fn answer_challenge(&self, challenge: &str) -> Option<String> {
        match self {
            Self::Data(_) => None,
            Self::Code(code, secrets) => code.answer_challenge(secrets.first()?, challenge),
        }
    }

    /// The HMAC-SHA256 of a text with the first secret, for handshakes.
    pub(crate) fn hmac_sha256(&self, text: &[u8]) -> Option<[u8; 32]> {
        let values = Values { body: text, ..Values::default() };
        match self {
            Self::Data(keys) => match keys.first()? {
                (_, key @ Key::HmacSha256(_)) => {
                    key.tag(&Template::BODY, &values)?.as_bytes().try_into().ok()
                }
                _ => None,
            },
            Self::Code(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::verify::scheme::{
        RequestToSign, SchemeInfo, SignError, SignedParts,
        fixtures::{
            HMAC_SHA256_HEX, SIGNATURE, TIMED, by, judge_head, now, request, secrets, signed,
            verifier, with,
        },
    };

    #[test]
    fn opaque_tokens_are_no_deliveries() {
        for token in ["a", "Az09-_+/=", "="] {
            assert!(is_opaque_token(token.as_bytes()), "{token:?}");
        }
        for text in ["", "{}", "a b", "a.b", "a\n", "\u{e4}", "a=1&b"] {
            assert!(!is_opaque_token(text.as_bytes()), "{text:?}");
        }
        let judge = |rejects_tokens, body: &[u8]| {
            let verifier = Verifier::new(&Mechanism::Data(HMAC_SHA256_HEX), None, rejects_tokens);
            let verifier = verifier.expect("no window is asked");
            let keys = verifier.prepare(&secrets(&["s3cret"])).expect("good secrets");
            let headers = signed(HMAC_SHA256_HEX, body);
            verifier.verify(&request(&headers, body), &keys, None, now()).map(drop)
        };
        assert_eq!(judge(true, b"token"), Err(VerifyError::MalformedBody));
        assert_eq!(judge(true, b"{}"), Ok(()));
        assert_eq!(judge(false, b"token"), Ok(()));
        assert_eq!(judge(false, b"{}"), Ok(()));
    }

    #[test]
    fn a_window_needs_a_timestamp() {
        let window = Some(Duration::from_secs(10));
        let new = |scheme| Verifier::new(&Mechanism::Data(scheme), window, false);
        assert!(new(HMAC_SHA256_HEX).is_none());
        let verifier = new(TIMED).expect("there is a time");
        let keys = verifier.prepare(&secrets(&["s3cret"])).expect("good secrets");
        let headers = signed(TIMED, b"{}");
        let judge = |seconds| {
            let now = now() + Duration::from_secs(seconds);
            verifier.verify(&request(&headers, b"{}"), &keys, None, now).map(drop)
        };
        assert_eq!(judge(10), Ok(()));
        assert_eq!(judge(11), Err(VerifyError::TimestampTooOld));
    }

    #[test]
    fn every_bad_secret_is_reported() {
        let problems = |verifier: &Verifier, texts: &[&'static str]| {
            verifier.prepare(&secrets(texts)).err().unwrap_or_default()
        };
        let data = verifier(HMAC_SHA256_HEX.key(crate::verify::scheme::KeyEncoding::Hex));
        assert!(problems(&data, &["ab", "cd"]).is_empty());
        let hex = SecretError::Malformed("hexadecimal");
        let expected = [("x".into(), hex), (" ".into(), SecretError::Blank)];
        assert_eq!(problems(&data, &["ab", "x", " "]), expected);
        let code = by_code(SHARED);
        assert!(problems(&code, &["ab", "cd"]).is_empty());
        let expected =
            [("bad".into(), SecretError::Malformed("good")), (" ".into(), SecretError::Blank)];
        assert_eq!(problems(&code, &["ab", "bad", " "]), expected);
    }

    #[test]
    fn handshakes_use_the_first_secret() {
        let tag = |scheme, texts: &[&'static str]| {
            verifier(scheme)
                .prepare(&secrets(texts))
                .ok()?
                .hmac_sha256(b"what do ya want for nothing?")
        };
        // RFC 4231, test case 2.
        let expected = base16ct::lower::decode_vec(
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        assert_eq!(tag(HMAC_SHA256_HEX, &["Jefe", "other"]).map(Vec::from), expected.ok());
        assert_eq!(tag(HMAC_SHA256_HEX, &[]), None);
        assert_eq!(tag(Scheme::hmac_sha1().header(SIGNATURE), &["Jefe"]), None);
        assert_eq!(Keys::Code(SHARED, secrets(&["Jefe"])).hmac_sha256(b""), None);
    }

    #[test]
    fn signature_headers_are_marked_sensitive() {
        let (data, code) = (verifier(Scheme::hmac_sha256().header("x-data")), by_code(SHARED));
        for (verifier, sensitive) in [(data, [true, false]), (code, [false, true])] {
            let mut headers = HeaderMap::new();
            // Every header with `signature` in its name is sensitive.
            for name in ["x-data", "x-code", SIGNATURE] {
                headers.insert(name, HeaderValue::from_static("a"));
            }
            verifier.mark_sensitive(&mut headers);
            assert_eq!(["x-data", "x-code"].map(|name| headers[name].is_sensitive()), sensitive);
            assert!(headers[SIGNATURE].is_sensitive());
        }
    }

    /// A scheme as code: the request contains the secret, or the key if there is no secret.
    #[derive(Debug)]
    struct Coded {
        needs_secret: bool,
        signs_time: bool,
    }

    impl Verify for Coded {
        fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
            grammar::header_text(headers, "x-code").map(drop)
        }

        fn verify<'r>(
            &self,
            request: &SignedRequest<'r>,
            context: &VerifyContext<'_>,
        ) -> Result<Signed<'r>, VerifyError> {
            let sent = grammar::header_text(request.headers, "x-code")?.as_bytes();
            if sent == b"stale" {
                return Err(VerifyError::TimestampTooOld);
            }
            let wanted = context.key.unwrap_or(context.secret.expose());
            if sent == wanted {
                Ok(Signed::text(request.body).at(Some(context.now)))
            } else {
                Err(VerifyError::InvalidSignature)
            }
        }

        fn sign<'r>(
            &self,
            _: &Secret,
            _: &RequestToSign<'r>,
        ) -> Result<SignedParts<'r>, SignError> {
            Err(SignError::Unsupported)
        }

        fn check_secret(&self, secret: &Secret) -> Result<(), SecretError> {
            if secret.expose() == b"bad" { Err(SecretError::Malformed("good")) } else { Ok(()) }
        }

        fn key_request(&self, _: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
            Ok(Some(KeyRequest::Id("key".to_owned())))
        }

        fn scheme_info(&self) -> SchemeInfo {
            let info = SchemeInfo::new("code", "x-code");
            SchemeInfo { needs_secret: self.needs_secret, signs_time: self.signs_time, ..info }
        }
    }

    const SHARED: &Coded = &Coded { needs_secret: true, signs_time: false };
    const FETCHED: &Coded = &Coded { needs_secret: false, signs_time: true };

    fn by_code(code: &'static Coded) -> Verifier {
        Verifier::new(&Mechanism::Code(code), None, false).expect("no window is asked")
    }

    #[test]
    fn code_tries_each_secret() {
        let judge = |sent: &str, texts: &[&'static str]| {
            let verifier = by_code(SHARED);
            let keys = verifier.prepare(&secrets(texts)).expect("good secrets");
            let headers = with(HeaderMap::new(), "x-code", sent);
            verifier.verify(&request(&headers, b""), &keys, None, now())
        };
        let verified = |name| Ok(by(name, Some(now())));
        assert_eq!(judge("a", &["a", "b"]), verified("a"));
        assert_eq!(judge("b", &["a", "b"]), verified("b"));
        assert_eq!(judge("c", &["a", "b"]), Err(VerifyError::InvalidSignature));
        assert_eq!(judge("a", &[]), Err(VerifyError::InvalidSignature));
        assert_eq!(judge("stale", &["a", "stale"]), Err(VerifyError::TimestampTooOld));
    }

    #[test]
    fn code_without_secrets_runs_once() {
        let verifier = by_code(FETCHED);
        let keys = verifier.prepare(&[]).expect("no secrets");
        let headers = with(HeaderMap::new(), "x-code", "k");
        let request = request(&headers, b"");
        let fetched = by("fetched key", Some(now()));
        assert_eq!(verifier.verify(&request, &keys, Some(b"k"), now()), Ok(fetched));
        let judged = verifier.verify(&request, &keys, Some(b"other"), now());
        assert_eq!(judged, Err(VerifyError::InvalidSignature));
        assert_eq!(verifier.key_request(&request), Ok(Some(KeyRequest::Id("key".to_owned()))));
        assert_eq!(self::verifier(HMAC_SHA256_HEX).key_request(&request), Ok(None));
    }

    #[test]
    fn code_checks_headers_and_window() {
        let missing = Err(VerifyError::MissingHeader("x-code"));
        assert_eq!(judge_head(&by_code(SHARED), &HeaderMap::new()), missing);
        let sent = with(HeaderMap::new(), "x-code", "a");
        assert_eq!(judge_head(&by_code(SHARED), &sent), Ok(()));
        let window = Some(Duration::from_secs(10));
        assert!(Verifier::new(&Mechanism::Code(SHARED), window, false).is_none());
        assert!(Verifier::new(&Mechanism::Code(FETCHED), window, false).is_some());
    }

    #[test]
    fn keys_of_another_mechanism_never_match() {
        let headers = with(HeaderMap::new(), "x-code", "a");
        let keys = verifier(HMAC_SHA256_HEX).prepare(&secrets(&["a"])).expect("good secrets");
        let judged = by_code(SHARED).verify(&request(&headers, b""), &keys, None, now());
        assert_eq!(judged, Err(VerifyError::InvalidSignature));
    }
}
