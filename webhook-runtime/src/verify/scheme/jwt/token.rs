//! A token: its parts, its algorithm, and the key that verifies it.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::HeaderMap;
use serde_json::{Map, Value};

use super::Jwt;
use crate::verify::{
    Secret,
    scheme::{
        SignedRequest, VerifyContext, VerifyError, header_text,
        jose::JoseAlgorithm,
        published::{self, Wanted},
    },
};

/// A token whose header the scheme understands. Its signature is not checked.
pub(super) struct Token<'r> {
    algorithm: JoseAlgorithm,
    pub(super) key_id: Option<String>,
    /// Header and claims as they were sent: what is signed.
    message: &'r str,
    /// The claims, as JSON.
    pub(super) claims: Vec<u8>,
    signature: Vec<u8>,
}

impl Jwt {
    /// True if the signatures are made with a private key.
    pub(super) fn fetches_key(&self) -> bool {
        self.algorithms.iter().any(|algorithm| matches!(algorithm, JoseAlgorithm::PublicKey(_)))
    }

    pub(super) fn read_header_token<'r>(
        &self,
        headers: &'r HeaderMap,
    ) -> Result<&'r str, VerifyError> {
        header_text(headers, self.header)?.strip_prefix(self.prefix).ok_or(self.malformed())
    }

    pub(super) fn read_token<'r>(
        &self,
        request: &SignedRequest<'r>,
    ) -> Result<&'r str, VerifyError> {
        if self.is_body() {
            std::str::from_utf8(request.body).map_err(|_| VerifyError::MalformedBody)
        } else {
            self.read_header_token(request.headers)
        }
    }

    /// Splits a token into its parts, and reads its header. No extension of tokens is understood, so
    /// none may be critical.
    pub(super) fn parse<'r>(&self, token: &'r str) -> Result<Token<'r>, VerifyError> {
        self.parts(token).ok_or(self.malformed())
    }

    fn parts<'r>(&self, token: &'r str) -> Option<Token<'r>> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let decode = |text: &str| Base64UrlUnpadded::decode_vec(text).ok();
        let header: Map<String, Value> = serde_json::from_slice(&decode(header)?).ok()?;
        let name = header.get("alg")?.as_str()?;
        let mut algorithms = self.algorithms.iter().copied();
        let algorithm = algorithms.find(|algorithm| algorithm.is_named(name))?;
        let key_id = match header.get("kid") {
            None => None,
            Some(id) => Some(id.as_str()?.to_owned()),
        };
        if header.contains_key("crit") {
            return None;
        }
        let (claims, signature) = (decode(claims)?, decode(signature)?);
        Some(Token { algorithm, key_id, message, claims, signature })
    }

    /// Checks that the secret, or the fetched key, made the signature.
    pub(super) fn check_signature(
        &self,
        token: &Token<'_>,
        context: &VerifyContext<'_>,
    ) -> Result<(), VerifyError> {
        let message = token.message.as_bytes();
        let matches = match token.algorithm {
            JoseAlgorithm::Hmac(hash) => {
                let (_, key) = self.split_secret(context.secret);
                hash.hmac(key, &[message]).matches(&token.signature)
            }
            JoseAlgorithm::PublicKey(algorithm) => {
                let document = context.key.ok_or(VerifyError::KeyUnavailable)?;
                let id = token.key_id.as_deref().ok_or(VerifyError::UntrustedKey)?;
                let is_chosen = self.algorithms.len() > 1;
                let wanted = Wanted { id: Some(id), algorithm, is_chosen, now: context.now };
                published::verify(document, wanted, message, &token.signature)?
            }
        };
        if matches { Ok(()) } else { Err(VerifyError::InvalidSignature) }
    }

    /// Splits the secret into issuer and key, if it has both.
    pub(super) fn split_secret<'s>(&self, secret: &'s Secret) -> (Option<&'s str>, &'s [u8]) {
        if self.issuer_in_secret
            && let Some((issuer, key)) = secret.text().and_then(|text| text.split_once(':'))
        {
            return (Some(issuer), key.as_bytes());
        }
        (None, secret.expose())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::verify::{
        SecretError,
        scheme::{
            Hash, Verify as _,
            jwt::fixtures::{HS256, MALFORMED, headers, judge_all, token, with_body},
        },
    };

    #[test]
    fn only_pinned_algorithms_are_accepted() {
        let all = [("HS256", Hash::Sha256), ("HS384", Hash::Sha384), ("HS512", Hash::Sha512)];
        for (name, hash) in all {
            let token = token(hash, &json!({"alg": name}), &json!({}));
            assert_eq!(
                judge_all(&Jwt::hs_any("x-token"), &token, "s3cret", b""),
                Ok(None),
                "{name}"
            );
            let judged = judge_all(&HS256, &token, "s3cret", b"");
            assert_eq!(judged, if name == "HS256" { Ok(None) } else { Err(MALFORMED) });
            let other = judge_all(&Jwt::hs_any("x-token"), &token, "other", b"");
            assert_eq!(other, Err(VerifyError::InvalidSignature));
        }
        for name in ["none", "ES256", "RS256", "hs256"] {
            let token = token(Hash::Sha256, &json!({"alg": name}), &json!({}));
            let judged = judge_all(&Jwt::hs_any("x-token"), &token, "s3cret", b"");
            assert_eq!(judged, Err(MALFORMED), "{name}");
        }
        for header in [
            json!({"alg": "HS256", "kid": 1}),
            json!({"alg": "HS256", "crit": null}),
            json!({"alg": "HS256", "crit": ["exp"]}),
            json!({"alg": ["HS256"]}),
            json!({"typ": "JWT"}),
            json!(["HS256"]),
        ] {
            let token = token(Hash::Sha256, &header, &json!({}));
            assert_eq!(judge_all(&HS256, &token, "s3cret", b""), Err(MALFORMED), "{header}");
        }
        // The algorithm that the token names must be the one that signed it.
        let token = token(Hash::Sha256, &json!({"alg": "HS512"}), &json!({}));
        let judged = judge_all(&Jwt::hs_any("x-token"), &token, "s3cret", b"");
        assert_eq!(judged, Err(VerifyError::InvalidSignature));
    }

    #[test]
    fn a_token_has_a_prefix_and_three_parts() {
        let token = token(Hash::Sha256, &json!({"alg": "HS256"}), &json!({}));
        let two = token.rsplit_once('.').expect("a signature").0;
        for bad in [two, &format!("{token}.x"), "", ".."] {
            assert_eq!(judge_all(&HS256, bad, "s3cret", b""), Err(MALFORMED), "{bad:?}");
        }
        let judged = judge_all(&HS256, &format!("{two}.+/"), "s3cret", b"");
        assert_eq!(judged, Err(MALFORMED), "the wrong alphabet");
        let prefixed = HS256.prefix("JWT ");
        assert_eq!(judge_all(&prefixed, &format!("JWT {token}"), "s3cret", b""), Ok(None));
        assert_eq!(judge_all(&prefixed, &token, "s3cret", b""), Err(MALFORMED));
        let missing = HS256.check_headers(&HeaderMap::new());
        assert_eq!(missing, Err(VerifyError::MissingHeader("x-token")));
    }

    #[test]
    fn a_key_after_the_issuer_is_not_blank() {
        let in_secret = HS256.issuer_in_secret();
        assert_eq!(in_secret.check_secret(&Secret::new("acme:key")), Ok(()));
        assert_eq!(in_secret.check_secret(&Secret::new("acme: ")), Err(SecretError::Blank));
        assert_eq!(HS256.check_secret(&Secret::new("acme: ")), Ok(()));
    }

    #[test]
    fn a_public_key_as_the_secret_is_a_mistake_of_the_set_up() {
        let mistake = SecretError::Malformed("a shared secret, but one key of a pair");
        let pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
        let jwk = r#"{"kty":"RSA","kid":"k-1","n":"AQAB","e":"AQAB"}"#;
        for key in [pem, jwk] {
            for jwt in [HS256, Jwt::hs_any("x-token")] {
                assert_eq!(jwt.check_secret(&Secret::new(key)), Err(mistake), "{key}");
            }
        }
        let after_issuer = Secret::new(format!("acme:{pem}"));
        assert_eq!(HS256.issuer_in_secret().check_secret(&after_issuer), Err(mistake));
    }

    #[test]
    fn a_shared_secret_needs_no_fetched_key() {
        let headers =
            headers(&token(Hash::Sha256, &json!({"alg": "HS256", "kid": "k"}), &json!({})));
        assert_eq!(HS256.key_request(&with_body(&headers, b"")), Ok(None));
    }
}

#[cfg(test)]
#[cfg(all(feature = "ecdsa", feature = "rsa"))]
mod tests_of_public_keys {
    use serde_json::json;

    use super::*;
    use crate::verify::scheme::{
        Hash, KeyRequest, RequestToSign, SignError, Verify as _,
        jwt::fixtures::{MALFORMED, NOW, headers, part, verify_context, with_body},
        published::SignatureAlgorithm,
    };

    #[test]
    fn a_public_key_is_requested_by_id() {
        use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};

        const ES256: Jwt = Jwt::es256("x-token");
        let private = SigningKey::from_slice(&[7; 32]).expect("a key");
        let point = private.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x().expect("it has one"), point.y().expect("it has one"));
        let [x, y] = [x, y].map(|it| Base64UrlUnpadded::encode_string(it));
        let jwk = |curve: &str| json!({"kty": "EC", "crv": curve, "x": x, "y": y}).to_string();
        let token = |header: &Value| {
            let message = format!("{}.{}", part(&header.to_string()), part("{}"));
            let signature: Signature = private.sign(message.as_bytes());
            format!("{message}.{}", Base64UrlUnpadded::encode_string(&signature.to_bytes()))
        };
        let good = token(&json!({"alg": "ES256", "kid": "k"}));
        let judge = |token: &str, key: Option<&str>| {
            let (headers, secret) = (headers(token), Secret::none());
            let context =
                VerifyContext { key: key.map(str::as_bytes), ..verify_context(&secret, None) };
            ES256.verify(&with_body(&headers, b""), &context).map(|signed| signed.time())
        };
        assert_eq!(judge(&good, Some(&jwk("P-256"))), Ok(None));
        let unavailable = Err(VerifyError::KeyUnavailable);
        assert_eq!(judge(&good, Some(&jwk("P-384"))), unavailable);
        assert_eq!(judge(&good, Some("{}")), unavailable);
        assert_eq!(judge(&good, None), unavailable);
        let (message, _) = good.rsplit_once('.').expect("a signature");
        let forged = format!("{message}.{}", Base64UrlUnpadded::encode_string(&[1; 64]));
        assert_eq!(judge(&forged, Some(&jwk("P-256"))), Err(VerifyError::InvalidSignature));

        let wanted = |header: &Value| {
            let headers = headers(&token(header));
            ES256.key_request(&with_body(&headers, b""))
        };
        let named = wanted(&json!({"alg": "ES256", "kid": "k"}));
        assert_eq!(named, Ok(Some(KeyRequest::Id("k".to_owned()))));
        assert_eq!(wanted(&json!({"alg": "ES256"})), Err(VerifyError::UntrustedKey));
        let signed = ES256.sign(&Secret::new("s3cret"), &RequestToSign::new(b"{}"));
        assert_eq!(signed.map(drop), Err(SignError::Unsupported));
    }

    /// A token that the private key of the tests signed.
    fn rs256(header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", part(&header.to_string()), part(&claims.to_string()));
        let key = Secret::new(published::fixtures::RSA);
        let signature = SignatureAlgorithm::RsaSha256.sign(&key, message.as_bytes());
        format!("{message}.{}", Base64UrlUnpadded::encode_string(&signature.expect("it signs")))
    }

    #[test]
    fn rs256_takes_the_key_that_the_token_names() {
        const SET: &str = "https://acme.example/jwks.json";
        const SCHEME: Jwt = Jwt::rs256("x-token").key_set(SET);
        let header = json!({"alg": "RS256", "kid": "k-1"});
        let good = rs256(&header, &json!({}));
        let wanted = |jwt: &Jwt, token: &str| {
            let headers = headers(token);
            jwt.key_request(&with_body(&headers, b""))
        };
        let id = Some("k-1".to_owned());
        assert_eq!(wanted(&SCHEME, &good), Ok(Some(KeyRequest::InSet { set: SET, id })));
        let alone = Ok(Some(KeyRequest::Id("k-1".to_owned())));
        assert_eq!(wanted(&Jwt::rs256("x-token"), &good), alone);
        let unnamed = rs256(&json!({"alg": "RS256"}), &json!({}));
        assert_eq!(wanted(&SCHEME, &unnamed), Err(VerifyError::UntrustedKey));

        let judge = |token: &str, key: Option<&Value>| {
            let (headers, secret) = (headers(token), Secret::none());
            let key = key.map(ToString::to_string);
            let key = key.as_deref().map(str::as_bytes);
            let context = VerifyContext { key, ..verify_context(&secret, None) };
            SCHEME.check_headers(&headers)?;
            SCHEME.verify(&with_body(&headers, b""), &context).map(|signed| signed.time())
        };
        let key = published::fixtures::rsa_jwk("k-1");
        let set = json!({"keys": [published::fixtures::rsa_jwk("k-2"), key]});
        for document in [&key, &set] {
            assert_eq!(judge(&good, Some(document)), Ok(None));
            let expired = rs256(&header, &json!({"exp": NOW}));
            assert_eq!(judge(&expired, Some(document)), Err(VerifyError::TimestampTooOld));
            let (message, signature) = good.rsplit_once('.').expect("a signature");
            let other = rs256(&header, &json!({"sub": "admin"}));
            let forged = format!("{}.{signature}", other.rsplit_once('.').expect("a signature").0);
            assert_ne!(message, forged);
            assert_eq!(judge(&forged, Some(document)), Err(VerifyError::InvalidSignature));
        }
        let renamed = published::fixtures::rsa_jwk("k-2");
        assert_eq!(judge(&good, Some(&renamed)), Err(VerifyError::UntrustedKey));
        let other_set = json!({"keys": [renamed]});
        assert_eq!(judge(&good, Some(&other_set)), Err(VerifyError::UntrustedKey));
        assert_eq!(judge(&good, Some(&json!({}))), Err(VerifyError::KeyUnavailable));
        assert_eq!(judge(&good, None), Err(VerifyError::KeyUnavailable));
        // The public key is no secret of an HMAC, and `none` no signature.
        for algorithm in ["HS256", "none", "RS512", "PS256", "ES256"] {
            let header = json!({"alg": algorithm, "kid": "k-1"}).to_string();
            let message = format!("{}.{}", part(&header), part("{}"));
            for secret in [key.to_string(), published::fixtures::RSA.to_owned(), String::new()] {
                let tag = Hash::Sha256.hmac(secret.as_bytes(), &[message.as_bytes()]);
                let tag = Base64UrlUnpadded::encode_string(tag.as_bytes());
                let judged = judge(&format!("{message}.{tag}"), Some(&key));
                assert_eq!(judged, Err(MALFORMED), "{algorithm}");
            }
            assert_eq!(judge(&format!("{message}."), Some(&key)), Err(MALFORMED), "{algorithm}");
        }
        let critical = rs256(&json!({"alg": "RS256", "kid": "k-1", "crit": ["exp"]}), &json!({}));
        assert_eq!(judge(&critical, Some(&key)), Err(MALFORMED));
        let signed = SCHEME.sign(&Secret::new("s3cret"), &RequestToSign::new(b"{}"));
        assert_eq!(signed.map(drop), Err(SignError::Unsupported));
    }

    #[test]
    fn a_token_in_the_body_is_the_payload() {
        const SCHEME: Jwt = Jwt::rs256_in_body().key_set("acme");
        let claims = json!({"type": "user.created", "event_id": "e-1"});
        let token = rs256(&json!({"alg": "RS256", "kid": "k-1"}), &claims);
        let headers = HeaderMap::new();
        let judge = |body: &[u8]| {
            let (secret, key) = (Secret::none(), published::fixtures::rsa_jwk("k-1").to_string());
            let context =
                VerifyContext { key: Some(key.as_bytes()), ..verify_context(&secret, None) };
            SCHEME.check_headers(&headers)?;
            SCHEME.key_request(&with_body(&headers, body))?;
            let signed = SCHEME.verify(&with_body(&headers, body), &context);
            signed.map(|mut signed| signed.take_payload())
        };
        let payload = claims.to_string().into_bytes();
        assert_eq!(judge(token.as_bytes()), Ok(Some(payload)));
        let padded = format!("{token}\n");
        for wrong in
            ["", "{}", "a.b.c", &padded, &token[1..], token.rsplit_once('.').expect("it").0]
        {
            assert_eq!(judge(wrong.as_bytes()), Err(VerifyError::MalformedBody), "{wrong}");
        }
        assert_eq!(judge(b"\xff"), Err(VerifyError::MalformedBody));
        let info = SCHEME.scheme_info();
        assert!(info.signs_body && info.fetches_keys && !info.needs_secret);
        assert_eq!((info.signature_header, info.summary), ("", "JSON web token, RS256"));
    }
}

#[cfg(test)]
#[cfg(all(
    feature = "ecdsa",
    feature = "ecdsa-p384",
    feature = "ecdsa-p521",
    feature = "ed25519",
    feature = "rsa",
))]
mod tests_of_several_algorithms {
    use serde_json::json;

    use super::*;
    use crate::verify::scheme::{
        Hash, Verify as _,
        jwt::fixtures::{MALFORMED, headers, part, verify_context, with_body},
        published::{SignatureAlgorithm, fixtures},
    };

    const SCHEME: Jwt = Jwt::any_public_key("x-token").key_set("acme");

    /// A key pair: the private key, and the public one as a JWK that does not say its algorithm.
    struct Pair {
        private: Secret,
        jwk: Value,
    }

    fn rsa() -> Pair {
        let mut jwk = fixtures::rsa_jwk("k-1");
        jwk.as_object_mut().expect("an object").remove("alg");
        Pair { private: Secret::new(fixtures::RSA), jwk }
    }

    /// A key pair on an elliptic curve: the JWK is made of the point.
    fn on_curve(name: &str, private: &[u8], point: &[u8]) -> Pair {
        let (x, y) = point[1..].split_at(point.len() / 2);
        let [x, y] = [x, y].map(Base64UrlUnpadded::encode_string);
        let jwk = json!({"kty": "EC", "crv": name, "kid": "k-1", "use": "sig", "x": x, "y": y});
        Pair { private: Secret::from_key(private), jwk }
    }

    fn p256() -> Pair {
        use p256::pkcs8::EncodePrivateKey as _;
        let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key");
        let der = key.to_pkcs8_der().expect("DER");
        on_curve("P-256", der.as_bytes(), key.verifying_key().to_sec1_point(false).as_bytes())
    }

    fn p384() -> Pair {
        use p384::pkcs8::EncodePrivateKey as _;
        let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).expect("a key");
        let der = key.to_pkcs8_der().expect("DER");
        on_curve("P-384", der.as_bytes(), key.verifying_key().to_sec1_point(false).as_bytes())
    }

    fn p521() -> Pair {
        use p521::pkcs8::EncodePrivateKey as _;
        let mut number = [7; 66];
        number[0] = 0;
        let key = p521::ecdsa::SigningKey::from_slice(&number).expect("a key");
        let der = key.to_pkcs8_der().expect("DER");
        on_curve("P-521", der.as_bytes(), key.verifying_key().to_sec1_point(false).as_bytes())
    }

    fn ed25519() -> Pair {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let x = Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes());
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": "k-1", "use": "sig", "x": x});
        Pair { private: Secret::from_key([7; 32]), jwk }
    }

    /// Each algorithm with its name and a key pair.
    fn all() -> [(SignatureAlgorithm, &'static str, Pair); 7] {
        [
            (SignatureAlgorithm::EcdsaP256, "ES256", p256()),
            (SignatureAlgorithm::EcdsaP384, "ES384", p384()),
            (SignatureAlgorithm::EcdsaP521, "ES512", p521()),
            (SignatureAlgorithm::Ed25519, "EdDSA", ed25519()),
            (SignatureAlgorithm::RsaSha256, "RS256", rsa()),
            (SignatureAlgorithm::RsaSha384, "RS384", rsa()),
            (SignatureAlgorithm::RsaSha512, "RS512", rsa()),
        ]
    }

    impl Pair {
        /// A token whose header names one algorithm, signed with another.
        fn token(&self, named: &str, algorithm: SignatureAlgorithm) -> String {
            let header = json!({"alg": named, "kid": "k-1"}).to_string();
            let message = format!("{}.{}", part(&header), part("{}"));
            let signature = algorithm.sign(&self.private, message.as_bytes()).expect("it signs");
            format!("{message}.{}", Base64UrlUnpadded::encode_string(&signature))
        }

        fn jwk_for(&self, name: &str) -> Value {
            let mut jwk = self.jwk.clone();
            jwk["alg"] = name.into();
            jwk
        }
    }

    fn judge(token: &str, document: &str) -> Result<(), VerifyError> {
        let (headers, secret) = (headers(token), Secret::none());
        let context =
            VerifyContext { key: Some(document.as_bytes()), ..verify_context(&secret, None) };
        SCHEME.check_headers(&headers)?;
        SCHEME.verify(&with_body(&headers, b""), &context).map(drop)
    }

    #[test]
    fn the_key_says_the_algorithm() {
        for (algorithm, name, pair) in all() {
            let token = pair.token(name, algorithm);
            let judge_as = |said: &str| judge(&token, &pair.jwk_for(said).to_string());
            assert_eq!(judge_as(name), Ok(()), "{name}");
            let set = json!({"keys": [pair.jwk_for(name)]}).to_string();
            assert_eq!(judge(&token, &set), Ok(()), "{name}");
            for (_, other, _) in all().iter().filter(|(_, other, _)| *other != name) {
                assert_eq!(judge_as(other), Err(VerifyError::UntrustedKey), "{name} by {other}");
            }
            let silent = judge(&token, &pair.jwk.to_string());
            assert_eq!(silent, Err(VerifyError::UntrustedKey), "{name} by a key that is for any");
        }
        let (token, pair) = (ed25519().token("Ed25519", SignatureAlgorithm::Ed25519), ed25519());
        for name in ["Ed25519", "EdDSA"] {
            assert_eq!(judge(&token, &pair.jwk_for(name).to_string()), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_key_of_another_kind_verifies_nothing() {
        for (algorithm, name, pair) in all() {
            for (_, other, other_pair) in &all() {
                if pair.jwk["crv"] == other_pair.jwk["crv"] {
                    continue;
                }
                // The token says what the foreign key says, and so does the key.
                let token = pair.token(other, algorithm);
                let key = other_pair.jwk_for(other).to_string();
                assert_eq!(judge(&token, &key), Err(VerifyError::InvalidSignature), "{name}");
                let key = pair.jwk_for(other).to_string();
                let judged = judge(&token, &key);
                assert_eq!(judged, Err(VerifyError::KeyUnavailable), "{name} as {other}");
            }
        }
        // The sender of a forgery chooses the algorithm: no key is missing because of that.
        for (_, name, pair) in all() {
            let document = pair.jwk_for(name).to_string();
            for (algorithm, other, other_pair) in all() {
                if other != name {
                    let judged = judge(&other_pair.token(other, algorithm), &document);
                    assert_eq!(judged, Err(VerifyError::UntrustedKey), "{other} by {name}");
                }
            }
        }
        // One key of RSA with another hash than the token says.
        let token = rsa().token("RS512", SignatureAlgorithm::RsaSha256);
        let judged = judge(&token, &rsa().jwk_for("RS512").to_string());
        assert_eq!(judged, Err(VerifyError::InvalidSignature));
    }

    #[test]
    fn a_public_key_is_no_shared_secret() {
        for (_, name, pair) in all() {
            let documents = [pair.jwk_for(name).to_string(), pair.jwk_for("HS256").to_string()];
            for algorithm in ["HS256", "HS384", "HS512", "none", "None", "PS512", ""] {
                let header = json!({"alg": algorithm, "kid": "k-1"}).to_string();
                let message = format!("{}.{}", part(&header), part("{}"));
                for document in &documents {
                    let tag = Hash::Sha256.hmac(document.as_bytes(), &[message.as_bytes()]);
                    let tag = Base64UrlUnpadded::encode_string(tag.as_bytes());
                    for token in [format!("{message}.{tag}"), format!("{message}.")] {
                        assert_eq!(judge(&token, document), Err(MALFORMED), "{algorithm}");
                    }
                }
            }
        }
    }

    /// PEM does not say an algorithm.
    #[test]
    fn the_key_is_a_json_web_key() {
        use p256::pkcs8::EncodePublicKey as _;
        let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key");
        let der = key.verifying_key().to_public_key_der().expect("DER");
        let base64 = base64ct::Base64::encode_string(der.as_bytes());
        let token = p256().token("ES256", SignatureAlgorithm::EcdsaP256);
        assert_eq!(judge(&token, &base64), Err(VerifyError::UntrustedKey));
        assert_eq!(
            judge(&token, &json!({"key": base64}).to_string()),
            Err(VerifyError::UntrustedKey)
        );
    }
}
