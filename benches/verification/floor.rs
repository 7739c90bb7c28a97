//! What has to be paid by everybody who verifies such a signature.

use std::hint::black_box;

use ::hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use webhook_benches::Contestant;

use crate::case::Case;

/// The floor that ours is measured by, where the signature is an HMAC.
pub(crate) const HMAC: &str = "hmac + sha2";

pub(crate) fn hmac(case: &Case) -> [Contestant<'_>; 3] {
    let key = case.key();
    let keyed = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length");
    let ring = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    let aws_lc = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
    [
        floor(HMAC, case, move |signed, sent| {
            let mut mac = keyed.clone();
            mac.update(signed);
            mac.verify_slice(sent).is_ok()
        }),
        floor("ring", case, move |signed, sent| ring::hmac::verify(&ring, signed, sent).is_ok()),
        floor("aws-lc-rs", case, move |signed, sent| {
            aws_lc_rs::hmac::verify(&aws_lc, signed, sent).is_ok()
        }),
    ]
}

pub(crate) fn ed25519(case: &Case) -> [Contestant<'_>; 3] {
    let key: [u8; 32] =
        hex::decode(&case.secret).ok().and_then(|key| key.try_into().ok()).expect("a key");
    let dalek = ed25519_dalek::VerifyingKey::from_bytes(&key).expect("a key");
    let ring = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key);
    let aws_lc = aws_lc_rs::signature::ParsedPublicKey::new(&aws_lc_rs::signature::ED25519, key)
        .expect("a key");
    [
        floor("ed25519-dalek", case, move |signed, sent| {
            ed25519_dalek::Signature::from_slice(sent)
                .is_ok_and(|sent| dalek.verify_strict(signed, &sent).is_ok())
        }),
        floor("ring", case, move |signed, sent| ring.verify(signed, sent).is_ok()),
        floor("aws-lc-rs", case, move |signed, sent| aws_lc.verify_sig(signed, sent).is_ok()),
    ]
}

/// The signature is decoded each time, too.
fn floor<'a>(
    name: &'static str,
    case: &'a Case,
    verify: impl Fn(&[u8], &[u8]) -> bool + 'a,
) -> Contestant<'a> {
    Contestant::succeeding(name, move || {
        let mut buffer = [0; 64];
        let sent = black_box(case).decoded(&mut buffer);
        sent.is_some_and(|sent| verify(case.signed.as_bytes(), sent))
    })
}
