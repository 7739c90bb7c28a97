//! Providers with a pair of keys: the private one signs, and the public one verifies.

mod receiver;

use std::{fs, path::Path};

use base64ct::{Base64, Encoding as _};
use receiver::{webhook, webhook_reading};

/// A key of the project's tests.
fn key(name: &str) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/keys");
    fs::read_to_string(directory.join(name)).expect("a key").trim().to_owned()
}

/// A key in PEM, without its first and last line.
fn der(name: &str) -> String {
    key(name).lines().filter(|line| !line.starts_with("-----")).collect()
}

/// A key in hex, as base64 behind a prefix.
fn prefixed(prefix: &str, name: &str) -> String {
    let bytes = base16ct::lower::decode_vec(key(name)).expect("hex");
    format!("{prefix}{}", Base64::encode_string(&bytes))
}

#[test]
fn the_private_key_signs_and_the_public_one_verifies() {
    for (provider, private, public) in [
        ("discord", key("ed25519-1.private.hex"), key("ed25519-1.public.hex")),
        (
            "standard-webhooks-v1a",
            prefixed("whpk_", "ed25519-1.private.hex"),
            prefixed("whpk_", "ed25519-1.public.hex"),
        ),
        ("telnyx", prefixed("", "ed25519-1.private.hex"), prefixed("", "ed25519-1.public.hex")),
        ("sendgrid", der("p256-1.private.pem"), der("p256-1.public.pem")),
        ("kick", key("rsa-1.private.pem"), key("rsa-1.public.pem")),
        ("alipay", key("rsa-1.private.pem"), key("rsa-1.public.pem")),
    ] {
        let sign = ["sign", provider, "--secret-env", "TEST_SECRET", "--as", "http"];
        let signed = webhook(&sign, &private);
        let said = String::from_utf8_lossy(&signed.stderr).into_owned();
        assert_eq!(signed.status.code(), Some(0), "{provider}: {said}");
        let verify = ["verify", provider, "--request", "-", "--secret-env", "TEST_SECRET"];
        let verified = webhook_reading(&verify, &public, &signed.stdout);
        assert_eq!(verified.status.code(), Some(0), "{provider}");
        let other = [&sign[..], &["--forge", "secret"]].concat();
        let forged = webhook(&other, &private);
        let refused = webhook_reading(&verify, &public, &forged.stdout);
        assert_eq!(refused.status.code(), Some(1), "{provider}");
    }
}

#[test]
fn a_key_of_another_form_is_refused_with_the_form() {
    for (provider, wanted) in [
        ("discord", "the private key: 64 hexadecimal digits"),
        ("standard-webhooks-v1a", "the private key: 32 bytes in base64"),
        ("telnyx", "the private key: 32 bytes in base64"),
        ("sendgrid", "the private key: PKCS#8 in base64"),
        ("kick", "the private key: PKCS#8 in PEM"),
    ] {
        let signed = webhook(&["sign", provider, "--secret-env", "TEST_SECRET"], "no key at all!");
        assert_eq!(signed.status.code(), Some(2), "{provider}");
        let said = String::from_utf8_lossy(&signed.stderr).into_owned();
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn the_provider_says_that_it_has_a_pair() {
    let shown = webhook(&["providers", "discord"], "");
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("set-up         the public key"), "{shown}");
}
