//! Schemes whose public key is fetched: the scheme is data, and the key comes from a set.

use http::HeaderMap;

use super::{
    KeyRequest, Keys, Mechanism, RequestToSign, Scheme, SchemeInfo, SignError, Signed, SignedParts,
    SignedRequest, Verifier, Verify, VerifyContext, VerifyError, checked_name, header_text,
    key::{Algorithm, Key},
    published::{self, SignatureAlgorithm, Wanted},
};
use crate::verify::Secret;

/// A [`Scheme`] whose public key is fetched from a set of keys: see [`Scheme::key_set`]. It is a
/// constant, for [`Provider::custom`](crate::Provider::custom).
///
/// ```
/// # #[cfg(feature = "ed25519")] {
/// use webhook_runtime::{Provider, scheme::Scheme};
///
/// const ACME: Provider = Provider::custom(
///     "acme",
///     &Scheme::ed25519()
///         .header("x-acme-signature")
///         .key_set("https://acme.example/jwks.json")
///         .key_id_header("x-acme-key"),
/// );
/// # assert!(ACME.scheme_info().fetches_keys);
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct KeySetScheme {
    scheme: Scheme,
    set: &'static str,
    key_id: Option<&'static str>,
}

impl Scheme {
    /// The public key is fetched from a set of keys: the URL of the set, or the name of the provider
    /// if each of its customers has a set. Every key of the set that fits is tried, unless
    /// [`key_id_header`](KeySetScheme::key_id_header) says which header names the key.
    ///
    /// This is the last step: what comes after it describes the key.
    ///
    /// # Panics
    /// If no public key verifies the scheme, or the scheme contradicts itself. In a constant, this
    /// is a compile error.
    #[must_use]
    pub const fn key_set(self, set: &'static str) -> KeySetScheme {
        assert!(
            matches!(self.algorithm, Algorithm::Asymmetric(_)),
            "a shared secret is not published in a set of keys"
        );
        KeySetScheme { scheme: self.checked(), set, key_id: None }
    }
}

impl KeySetScheme {
    /// Sets the (lower-case) header with the id of the key.
    #[must_use]
    pub const fn key_id_header(mut self, name: &'static str) -> Self {
        self.key_id = Some(checked_name(name));
        self
    }

    /// The algorithm, which is that of a public key.
    fn algorithm(&self) -> Option<SignatureAlgorithm> {
        match self.scheme.algorithm {
            Algorithm::Asymmetric(algorithm) => Some(algorithm),
            _ => None,
        }
    }

    fn key_id<'r>(&self, headers: &'r HeaderMap) -> Result<Option<&'r str>, VerifyError> {
        self.key_id.map(|name| header_text(headers, name)).transpose()
    }

    /// The keys of a fetched document, prepared for the scheme.
    fn keys(
        &self,
        request: &SignedRequest<'_>,
        context: &VerifyContext<'_>,
    ) -> Result<Keys, VerifyError> {
        let document = context.key.ok_or(VerifyError::KeyUnavailable)?;
        let algorithm = self.algorithm().ok_or(VerifyError::UntrustedKey)?;
        let id = self.key_id(request.headers)?;
        let wanted = Wanted { id, algorithm, is_chosen: false, now: context.now };
        let keys = published::keys(document, wanted)?.into_iter();
        let prepared = |key| (Secret::none().name_cow(), Key::Public(algorithm, key));
        Ok(Keys::Data(keys.map(prepared).collect()))
    }
}

impl Verify for KeySetScheme {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            needs_secret: false,
            key_pair: None,
            fetches_keys: true,
            ..self.scheme.scheme_info()
        }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        self.key_id(headers)?;
        // The query is not here yet. What is read from it is checked before a key is asked for.
        if self.reads_query() {
            return Ok(());
        }
        self.verifier(None)?.read_head(headers, "")?.check_format()
    }

    fn key_request(&self, request: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
        let id = self.key_id(request.headers)?.map(str::to_owned);
        if self.reads_query() {
            self.verifier(None)?.read_head(request.headers, request.query)?.check_format()?;
        }
        Ok(Some(KeyRequest::InSet { set: self.set, id }))
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let keys = self.keys(request, context)?;
        let verifier = self.verifier(context.tolerance)?.with_identity();
        verifier.verify(request, &keys, None, context.now).map(Signed::verified)
    }

    fn sign<'r>(&self, _: &Secret, _: &RequestToSign<'r>) -> Result<SignedParts<'r>, SignError> {
        Err(SignError::Unsupported)
    }
}

impl KeySetScheme {
    /// True if the signature or a signed value is in the query.
    fn reads_query(&self) -> bool {
        let mut values = self.scheme.signed_values().iter();
        self.scheme.signature_parameter().is_some()
            || values.any(|value| value.query_parameter().is_some())
    }

    fn verifier(&self, tolerance: Option<std::time::Duration>) -> Result<Verifier, VerifyError> {
        // The endpoint has checked at start that a tolerance has a time to go with it.
        let verifier = Verifier::new(&Mechanism::Data(self.scheme), tolerance, false);
        verifier.ok_or(VerifyError::MalformedTimestamp)
    }
}

#[cfg(test)]
#[cfg(all(feature = "ed25519", feature = "rsa"))]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use base64ct::{Base64UrlUnpadded, Encoding as _};

    use super::*;
    use crate::verify::scheme::{KeyEncoding, SignedValue, Timestamp};

    const NOW: u64 = 1_760_000_000;
    const SCHEME: Scheme = Scheme::ed25519()
        .header("x-signature")
        .key(KeyEncoding::Hex)
        .timestamp(Timestamp::header("x-time"))
        .signed("{timestamp}.{body}");
    const NAMED: KeySetScheme = SCHEME.key_set("acme").key_id_header("x-key");
    const ANY: KeySetScheme = SCHEME.key_set("acme");

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// A key of the test, as a JSON web key.
    fn jwk(seed: u8, more: &str) -> String {
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key();
        let x = Base64UrlUnpadded::encode_string(key.as_bytes());
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"{more}}}"#)
    }

    fn set(keys: &[String]) -> String {
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    /// The headers of a request that the key of this seed signed.
    fn headers(seed: u8) -> HeaderMap {
        let secret = Secret::new(base16ct::lower::encode_string(&[seed; 32]));
        let mut signed =
            SCHEME.sign(&secret, &RequestToSign::new(b"{}").at(at(NOW))).expect("it signs").headers;
        signed.insert("x-key", "k-1".parse().expect("a value"));
        signed
    }

    fn judge(
        scheme: &KeySetScheme,
        document: Option<&str>,
        now: u64,
    ) -> Result<Option<SystemTime>, VerifyError> {
        let (headers, secret) = (headers(1), Secret::none());
        let request =
            SignedRequest { method: "POST", url: "", headers: &headers, query: "", body: b"{}" };
        scheme.check_headers(&headers)?;
        let key = document.map(str::as_bytes);
        let context = VerifyContext { secret: &secret, key, now: at(now), tolerance: None };
        scheme.verify(&request, &context).map(|signed| signed.time())
    }

    #[test]
    fn the_named_key_verifies() {
        let named = |id: &str| format!(r#","kid":"{id}""#);
        let good = set(&[jwk(2, &named("k-2")), jwk(1, &named("k-1"))]);
        assert_eq!(judge(&NAMED, Some(&good), NOW), Ok(Some(at(NOW))));
        let swapped = set(&[jwk(1, &named("k-2")), jwk(2, &named("k-1"))]);
        let wrong = Err(VerifyError::InvalidSignature);
        assert_eq!(judge(&NAMED, Some(&swapped), NOW), wrong);
        let untrusted = Err(VerifyError::UntrustedKey);
        for (what, keys) in [
            ("unknown", vec![jwk(1, &named("k-2"))]),
            ("without an id", vec![jwk(1, "")]),
            ("twice", vec![jwk(1, &named("k-1")), jwk(1, &named("k-1"))]),
            ("to encrypt", vec![jwk(1, r#","kid":"k-1","use":"enc""#)]),
            ("of another algorithm", vec![jwk(1, r#","kid":"k-1","alg":"RS256""#)]),
            ("to sign", vec![jwk(1, r#","kid":"k-1","key_ops":["sign"]"#)]),
            ("none", vec![]),
        ] {
            assert_eq!(judge(&NAMED, Some(&set(&keys)), NOW), untrusted, "{what}");
        }
        let unavailable = Err(VerifyError::KeyUnavailable);
        for document in [None, Some(""), Some("{}"), Some(r#"{"keys":1}"#), Some("AAAA")] {
            assert_eq!(judge(&NAMED, document, NOW), unavailable, "{document:?}");
        }
        assert_eq!(judge(&NAMED, Some(&good), NOW + 301), Err(VerifyError::TimestampTooOld));
    }

    #[test]
    fn every_key_is_tried_if_none_is_named() {
        let keys = set(&[jwk(3, ""), jwk(2, r#","kid":"a""#), jwk(1, r#","kid":"b""#)]);
        assert_eq!(judge(&ANY, Some(&keys), NOW), Ok(Some(at(NOW))));
        let others = set(&[jwk(3, ""), jwk(2, "")]);
        assert_eq!(judge(&ANY, Some(&others), NOW), Err(VerifyError::InvalidSignature));
        let many = set(&vec![jwk(2, ""); 8]);
        let many = many.replace("]}", &format!(",{}]}}", jwk(1, "")));
        assert_eq!(judge(&ANY, Some(&many), NOW), Err(VerifyError::InvalidSignature));
    }

    #[test]
    fn the_request_names_the_key() {
        let wanted = |scheme: &KeySetScheme, headers: &HeaderMap| {
            scheme.key_request(&SignedRequest {
                method: "POST",
                url: "",
                headers,
                query: "",
                body: b"{}",
            })
        };
        let id = Some("k-1".to_owned());
        let named = KeyRequest::InSet { set: "acme", id };
        assert_eq!(wanted(&NAMED, &headers(1)), Ok(Some(named)));
        let any = KeyRequest::InSet { set: "acme", id: None };
        assert_eq!(wanted(&ANY, &headers(1)), Ok(Some(any)));
        let missing = Err(VerifyError::MissingHeader("x-key"));
        assert_eq!(wanted(&NAMED, &HeaderMap::new()), missing);
        assert_eq!(
            NAMED.check_headers(&HeaderMap::new()),
            Err(VerifyError::MissingHeader("x-key"))
        );
        let info = NAMED.scheme_info();
        assert!(info.fetches_keys && !info.needs_secret && info.signs_body && info.signs_time);
        let signed = NAMED.sign(&Secret::new("s3cret"), &RequestToSign::new(b"{}"));
        assert_eq!(signed.map(drop), Err(SignError::Unsupported));
    }

    #[test]
    fn a_value_of_the_query_is_signed() {
        const WITH_QUERY: Scheme = Scheme::ed25519()
            .header("x-signature")
            .key(KeyEncoding::Hex)
            .values(&[SignedValue::query("item", "item")])
            .signed("{item}:{body}");
        const FETCHED: KeySetScheme = WITH_QUERY.key_set("acme");
        let secret = Secret::new(base16ct::lower::encode_string(&[1; 32]));
        let request = RequestToSign::new(b"{}").url("https://hooks.example.com/?item=7");
        let headers = WITH_QUERY.sign(&secret, &request).expect("it signs").headers;
        let (document, secret) = (set(&[jwk(1, "")]), Secret::none());
        let judge = |query| {
            FETCHED.check_headers(&headers)?;
            let request =
                SignedRequest { method: "POST", url: "", headers: &headers, query, body: b"{}" };
            let key = Some(document.as_bytes());
            let context = VerifyContext { secret: &secret, key, now: at(NOW), tolerance: None };
            FETCHED.verify(&request, &context).map(drop)
        };
        assert_eq!(judge("item=7"), Ok(()));
        assert_eq!(judge("item=8"), Err(VerifyError::InvalidSignature));
        assert_eq!(judge(""), Err(VerifyError::MissingParameter("item")));
    }

    /// A request without a signature makes nobody fetch a key.
    #[test]
    fn no_key_is_asked_for_without_a_signature_in_the_query() {
        const IN_QUERY: KeySetScheme = Scheme::ed25519().query("sig").hex().key_set("acme");
        const WITH_VALUE: KeySetScheme = Scheme::ed25519()
            .header("x-signature")
            .hex()
            .values(&[SignedValue::query("item", "item")])
            .signed("{item}:{body}")
            .key_set("acme");
        let asks = |scheme: &KeySetScheme, headers: &HeaderMap, query: &str| {
            let request = SignedRequest { method: "POST", url: "", headers, query, body: b"{}" };
            scheme.key_request(&request).map(|wanted| wanted.is_some())
        };
        let (none, mut signed) = (HeaderMap::new(), HeaderMap::new());
        let signature = "0".repeat(128);
        signed.insert("x-signature", signature.parse().expect("a value"));
        assert_eq!(asks(&IN_QUERY, &none, &format!("sig={signature}")), Ok(true));
        assert_eq!(asks(&IN_QUERY, &none, ""), Err(VerifyError::MissingParameter("sig")));
        assert_eq!(asks(&IN_QUERY, &none, "sig=0"), Err(VerifyError::MalformedSignature("sig")));
        assert_eq!(asks(&WITH_VALUE, &signed, "item=1"), Ok(true));
        assert_eq!(asks(&WITH_VALUE, &signed, ""), Err(VerifyError::MissingParameter("item")));
        let missing = Err(VerifyError::MissingHeader("x-signature"));
        assert_eq!(asks(&WITH_VALUE, &none, "item=1"), missing);
    }

    #[test]
    fn a_shared_secret_is_in_no_set() {
        let made = std::panic::catch_unwind(|| {
            Scheme::hmac_sha256().header("x-signature").key_set("acme")
        });
        assert!(made.is_err());
    }
}
