//! Signatures that anybody can make.

use super::{CaseResult, KEY_PAIR, Target, Verdict::Passed, not_applicable, passed};
use crate::{
    testing::request::RawRequest,
    verify::{Secret, scheme::Scheme},
};

/// The whole request is right, but for the secret.
pub(crate) async fn forged_delivery_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    target.refuses("a delivery signed with another secret", &sample.forged()?).await.map(passed)
}

/// A secret that is not set is an empty one, and with that everybody can sign.
pub(crate) async fn empty_secret_is_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    let requests: Vec<RawRequest> = match sample.scheme() {
        Some(scheme) if scheme.key_pair_of().is_some() => return not_applicable(KEY_PAIR),
        Some(scheme) => {
            let mut unsigned = sample.unsigned.clone();
            if let Some(name) = scheme.parameter() {
                let mark = if unsigned.path_and_query.contains('?') { '&' } else { '?' };
                unsigned.path_and_query = format!("{}{mark}{name}=", unsigned.path_and_query);
            }
            let now = sample.now();
            let proof = unsigned
                .with_request_to_sign(now, |to_sign| Some(scheme.sign_unkeyed(to_sign)?.headers));
            proof.map(|proof| unsigned.with_headers(proof)).into_iter().collect()
        }
        // Some of these take the key as it is, others in hex; not all can sign with an empty one.
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

/// While a secret is rotated, each of those that are live opens.
pub(crate) async fn every_live_secret_is_accepted(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if sample.older.is_empty() {
        return not_applicable("no `older_secret` is given, and there is none beside the first");
    }
    target.accepts("a delivery signed with the first secret", &sample.genuine()?).await?;
    for secret in &sample.older {
        // Another delivery: nobody has to take one twice.
        let request = target.sample_delivery().await?.signed_with(secret)?;
        target.accepts("a delivery signed with a secret that is live beside it", &request).await?;
    }
    Ok(Passed)
}

/// What is in documentation, in tests, and in variables that were not set.
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

/// Secrets that are left over from documentation and tests.
pub(crate) async fn well_known_secrets_are_refused(target: &Target) -> CaseResult {
    let sample = target.sample_delivery().await?;
    if sample.scheme().is_some_and(|scheme| scheme.key_pair_of().is_some()) {
        return not_applicable(KEY_PAIR);
    }
    let is_basic = sample.scheme().is_some_and(Scheme::is_basic_auth);
    for text in WELL_KNOWN {
        if sample.secret.expose() == text.as_bytes() {
            continue;
        }
        let text = if is_basic { format!("admin:{text}") } else { text.to_owned() };
        // As the provider would take the text, and as it is.
        for secret in [Secret::new(text.clone()), Secret::from_key(text.clone())] {
            let Ok(request) = sample.signed_with(&secret) else { continue };
            target
                .refuses(&format!("a delivery signed with the secret {text:?}"), &request)
                .await?;
        }
    }
    Ok(Passed)
}

/// Ways round the signature that were meant for development.
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

/// No header and no parameter of the query makes anything believable.
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
