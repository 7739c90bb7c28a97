//! Cases of wrong and guessable secrets.

use super::{CaseResult, KEY_PAIR, Target, Verdict::Passed, not_applicable, passed};
use crate::{testing::request::RawRequest, verify::Secret};

/// Signs with another secret.
pub(crate) async fn forged_delivery_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    target.refuses("a delivery signed with another secret", &sample.forged()?).await.map(passed)
}

/// Signs with an empty secret, which is what an unset variable becomes.
pub(crate) async fn empty_secret_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if target.provider().has_key_pair() {
        return not_applicable(KEY_PAIR);
    }
    let requests: Vec<RawRequest> = match sample.scheme() {
        Some(scheme) => {
            let signed = sample
                .unsigned
                .sign_by(sample.now(), |to_sign| scheme.sign_unkeyed(to_sign).ok_or(()));
            signed.into_iter().collect()
        }
        // Some of these schemes take the key as text, others in hex. Not all can sign with an empty
        // one.
        None => [Secret::new(""), Secret::from_key([])]
            .iter()
            .filter_map(|secret| sample.signed_with(secret).ok())
            .collect(),
    };
    for request in requests {
        target.refuses("a delivery signed with an empty secret", &request).await?;
    }
    Ok(Passed)
}

/// During a rotation, every secret in use works.
pub(crate) async fn every_live_secret_is_accepted(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if sample.older.is_empty() {
        return not_applicable("no `older_secret` is given, and there is none beside the first");
    }
    target.accepts("a delivery signed with the first secret", &sample.genuine()?).await?;
    for secret in &sample.older {
        // A new delivery, because a receiver may deduplicate.
        let request = target.sample_delivery().await?.signed_with(secret)?;
        target.accepts("a delivery signed with a secret that is live beside it", &request).await?;
    }
    Ok(Passed)
}

/// Secrets from documentation and tests, and values of unset variables.
const WELL_KNOWN: [&str; 16] = [
    " ",
    "secret",
    "Secret",
    "password",
    "test",
    "testing",
    "changeme",
    "default",
    "undefined",
    "null",
    "None",
    "nil",
    "false",
    "***",
    "your-secret-here",
    "whsec_test",
];

/// Signs with secrets from documentation and tests.
pub(crate) async fn well_known_secrets_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if target.provider().has_key_pair() {
        return not_applicable(KEY_PAIR);
    }
    let info = target.provider().scheme_info();
    for text in WELL_KNOWN {
        let text = info.example_secret(text);
        if sample.secret.expose() == text.as_bytes() {
            continue;
        }
        // The text as the provider decodes it, and as raw bytes.
        for secret in [Secret::new(text.clone()), Secret::from_key(text.clone())] {
            let Ok(request) = sample.signed_with(&secret) else { continue };
            target
                .refuses(&format!("a delivery signed with the secret {text:?}"), &request)
                .await?;
        }
    }
    Ok(Passed)
}

/// Headers that disable checks during development.
const SWITCHES: [(&str, &str); 14] = [
    ("x-skip-verification", "true"),
    ("x-skip-signature", "1"),
    ("x-skip-signature-check", "true"),
    ("x-no-verify", "1"),
    ("x-debug", "true"),
    ("x-test", "true"),
    ("x-test-mode", "1"),
    ("x-webhook-test", "true"),
    ("x-internal-request", "true"),
    ("x-environment", "development"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-real-ip", "127.0.0.1"),
    ("host", "localhost"),
    ("user-agent", "internal"),
];

/// No header and no query parameter disables verification.
pub(crate) async fn verification_cannot_be_switched_off(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let mut all = sample.forged()?;
    for (name, value) in SWITCHES {
        let mut unsigned = sample.unsigned.clone().without_signature();
        let mut forged = sample.forged()?;
        for request in [&mut unsigned, &mut forged, &mut all] {
            request.set(name, value);
        }
        target.refuses(&format!("no signature, but {name}: {value}"), &unsigned).await?;
        target.refuses(&format!("a forgery with {name}: {value}"), &forged).await?;
    }
    target.refuses("a forgery with all of these headers", &all).await?;
    for query in ["debug=1", "test=true", "skip_verification=true", "verify=false", "dev"] {
        let mut request = sample.forged()?;
        let mark = if request.path_and_query.contains('?') { '&' } else { '?' };
        request.path_and_query = format!("{}{mark}{query}", request.path_and_query);
        target.refuses(&format!("a forgery with ?{query}"), &request).await?;
    }
    Ok(Passed)
}
