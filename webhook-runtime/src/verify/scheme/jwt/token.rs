//! The signature of a token: its algorithm, and the key that verifies it.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::HeaderMap;
use jsonwebtoken::{Algorithm, Header};

use super::Jwt;
use crate::verify::{
    Secret,
    scheme::{
        Hash, SignedRequest, VerifyContext, VerifyError, header_text,
        published::{self, SignatureAlgorithm, Wanted},
    },
};

impl Jwt {
    /// True if the signatures are made with a private key.
    pub(super) fn fetches_key(&self) -> bool {
        self.algorithms.iter().any(|algorithm| public_key_algorithm(*algorithm).is_some())
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

    /// Parses the token's header, and checks its algorithm. No extension of tokens is understood, so
    /// none may be critical.
    pub(super) fn parse_header(&self, token: &str) -> Result<Header, VerifyError> {
        let malformed = self.malformed();
        if token.split('.').count() != 3 {
            return Err(malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| malformed)?;
        if self.algorithms.contains(&header.alg) && header.crit.is_none() {
            Ok(header)
        } else {
            Err(malformed)
        }
    }

    /// Checks that the secret, or the fetched key, made the signature.
    pub(super) fn check_signature(
        &self,
        token: &str,
        context: &VerifyContext<'_>,
    ) -> Result<(), VerifyError> {
        let malformed = self.malformed();
        let header = self.parse_header(token)?;
        let (message, signature) = token.rsplit_once('.').ok_or(malformed)?;
        let signature = Base64UrlUnpadded::decode_vec(signature).map_err(|_| malformed)?;
        let (_, key) = self.split_secret(context.secret);
        let hmac = |hash: Hash| hash.hmac(key, &[message.as_bytes()]).matches(&signature);
        let matches = match header.alg {
            Algorithm::HS256 => hmac(Hash::Sha256),
            Algorithm::HS384 => hmac(Hash::Sha384),
            Algorithm::HS512 => hmac(Hash::Sha512),
            other => match public_key_algorithm(other) {
                None => false,
                Some(algorithm) => {
                    let document = context.key.ok_or(VerifyError::KeyUnavailable)?;
                    let id = header.kid.as_deref().ok_or(VerifyError::UntrustedKey)?;
                    let wanted = Wanted { id: Some(id), algorithm, now: context.now };
                    published::verify(document, wanted, message.as_bytes(), &signature)?
                }
            },
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

/// The algorithm of a signature with a private key.
fn public_key_algorithm(algorithm: Algorithm) -> Option<SignatureAlgorithm> {
    match algorithm {
        #[cfg(feature = "ecdsa")]
        Algorithm::ES256 => Some(SignatureAlgorithm::EcdsaP256),
        #[cfg(feature = "rsa")]
        Algorithm::RS256 => Some(SignatureAlgorithm::RsaSha256),
        #[cfg(feature = "ed25519")]
        Algorithm::EdDSA => Some(SignatureAlgorithm::Ed25519),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::verify::{
        SecretError,
        scheme::{
            Verify as _,
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
    fn a_shared_secret_needs_no_fetched_key() {
        let headers =
            headers(&token(Hash::Sha256, &json!({"alg": "HS256", "kid": "k"}), &json!({})));
        assert_eq!(HS256.key_request(&with_body(&headers, b"")), Ok(None));
    }
}

#[cfg(test)]
#[cfg(all(feature = "ecdsa", feature = "rsa"))]
mod tests_of_public_keys {
    use serde_json::{Value, json};

    use super::*;
    use crate::verify::scheme::{
        KeyRequest, RequestToSign, SignError, Verify as _,
        jwt::fixtures::{MALFORMED, NOW, headers, part, verify_context, with_body},
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
