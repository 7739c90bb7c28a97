//! The HMAC vectors of RFC 4231 and Wycheproof, through the public verification function.
//! Wycheproof's truncated tags are rejected.

mod runner;

use std::time::SystemTime;

use http::{HeaderMap, HeaderValue};
use runner::lines::{lines, own, unhex};
use serde::Deserialize;
use webhook_runtime::{
    Provider, Secret,
    scheme::{Scheme, SignedRequest, VerifyError},
};

const SHA1: Provider = Provider::new("sha1", Scheme::hmac_sha1().header("x-signature"));
const SHA256: Provider = Provider::new("sha256", Scheme::hmac_sha256().header("x-signature"));
const SHA512: Provider = Provider::new("sha512", Scheme::hmac_sha512().header("x-signature"));

/// A message, its key and its tag, in hex.
#[derive(Deserialize)]
struct Vector {
    name: String,
    hash: String,
    key: String,
    message: String,
    tag: String,
}

#[test]
fn full_tags_pass_and_shortened_tags_fail() {
    let vectors: Vec<Vector> = lines(&own("hmac.jsonl"));
    let (mut verified, mut refused) = (0, 0);
    for vector in &vectors {
        let (provider, length) = match vector.hash.as_str() {
            "sha1" => (&SHA1, 20),
            "sha256" => (&SHA256, 32),
            "sha512" => (&SHA512, 64),
            hash => panic!("{}: {hash} is not a hash of ours", vector.name),
        };
        let tag = unhex(&vector.tag).expect("hex");
        if tag.len() < length {
            let error = verify(provider, vector, &vector.tag).expect_err("it is too short");
            assert_eq!(error, VerifyError::MalformedSignature("x-signature"), "{}", vector.name);
            refused += 1;
        } else {
            assert_eq!(verify(provider, vector, &vector.tag), Ok(()), "{}", vector.name);
            verified += 1;
            for at in 0..tag.len() {
                let mut forged = tag.clone();
                forged[at] ^= 1 << (at % 8);
                let verdict = verify(provider, vector, &base16ct::lower::encode_string(&forged));
                assert_eq!(
                    verdict,
                    Err(VerifyError::InvalidSignature),
                    "{}, byte {at}",
                    vector.name
                );
            }
        }
    }
    assert_eq!((verified, refused), (2 * 7 + 3 * 33, 3 * 33));
}

fn verify(provider: &Provider, vector: &Vector, tag: &str) -> Result<(), VerifyError> {
    let secret = Secret::from_key(unhex(&vector.key).expect("hex"));
    let message = unhex(&vector.message).expect("hex");
    let mut headers = HeaderMap::new();
    headers.insert("x-signature", HeaderValue::from_str(tag).expect("hex"));
    let request =
        SignedRequest { method: "POST", url: "", headers: &headers, query: "", body: &message };
    provider.verify(&[secret], &request, None, SystemTime::UNIX_EPOCH).map(drop)
}
