//! Signatures that anybody can make.

use super::{Found, KEY_PAIR, Target, Verdict::Passed, not_applicable, passed};
use crate::{
    testing::letter::Wire,
    verify::{Secret, scheme::Scheme},
};

/// The whole request is right, but for the secret.
pub(crate) async fn forged_delivery_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    subject.refuses("a delivery signed with another secret", &draft.forged()?).await.map(passed)
}

/// A secret that is not set is an empty one, and with that everybody can sign.
pub(crate) async fn empty_secret_is_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let wires: Vec<Wire> = match draft.scheme() {
        Some(scheme) if scheme.asymmetric_algorithm().is_some() => return not_applicable(KEY_PAIR),
        Some(scheme) => {
            let mut letter = draft.letter.clone();
            if let Some(name) = scheme.parameter() {
                let mark = if letter.target.contains('?') { '&' } else { '?' };
                letter.target = format!("{}{mark}{name}=", letter.target);
            }
            let now = draft.now();
            let proof =
                letter.outgoing(now, |outgoing| Some(scheme.sign_unkeyed(outgoing)?.headers));
            proof.map(|proof| letter.with(proof)).into_iter().collect()
        }
        // Some of these take the key as it is, others in hex; not all can sign with an empty one.
        None => [Secret::new(""), Secret::from_key([])]
            .iter()
            .filter_map(|secret| draft.signed_with(secret).ok())
            .collect(),
    };
    for wire in wires {
        subject.refuses("a delivery signed with an empty secret", &wire).await?;
    }
    Ok(Passed)
}

/// While a secret is rotated, each of those that are live opens.
pub(crate) async fn every_live_secret_is_accepted(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    if draft.older.is_empty() {
        return not_applicable("no `older_secret` is given, and there is none beside the first");
    }
    subject.accepts("a delivery signed with the first secret", &draft.genuine()?).await?;
    for secret in &draft.older {
        // Another delivery: nobody has to take one twice.
        let wire = subject.draft().await?.signed_with(secret)?;
        subject.accepts("a delivery signed with a secret that is live beside it", &wire).await?;
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
pub(crate) async fn well_known_secrets_are_refused(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    if draft.scheme().is_some_and(|scheme| scheme.asymmetric_algorithm().is_some()) {
        return not_applicable(KEY_PAIR);
    }
    let is_basic = draft.scheme().is_some_and(Scheme::is_basic_auth);
    for text in WELL_KNOWN {
        if draft.secret.expose() == text.as_bytes() {
            continue;
        }
        let text = if is_basic { format!("admin:{text}") } else { text.to_owned() };
        // As the provider would take the text, and as it is.
        for secret in [Secret::new(text.clone()), Secret::from_key(text.clone())] {
            let Ok(wire) = draft.signed_with(&secret) else { continue };
            subject.refuses(&format!("a delivery signed with the secret {text:?}"), &wire).await?;
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
pub(crate) async fn verification_cannot_be_switched_off(subject: &Target) -> Found {
    let draft = subject.draft().await?;
    let mut all = draft.forged()?;
    for (name, value) in SWITCHES {
        let mut unsigned = draft.letter.clone().unsigned();
        let mut forged = draft.forged()?;
        for wire in [&mut unsigned, &mut forged, &mut all] {
            wire.set(name, value);
        }
        subject.refuses(&format!("no signature, but {name}: {value}"), &unsigned).await?;
        subject.refuses(&format!("a forgery with {name}: {value}"), &forged).await?;
    }
    subject.refuses("a forgery with all of these headers", &all).await?;
    for query in ["debug=1", "test=true", "skip_verification=true", "verify=false", "dev"] {
        let mut wire = draft.forged()?;
        let mark = if wire.target.contains('?') { '&' } else { '?' };
        wire.target = format!("{}{mark}{query}", wire.target);
        subject.refuses(&format!("a forgery with ?{query}"), &wire).await?;
    }
    Ok(Passed)
}
