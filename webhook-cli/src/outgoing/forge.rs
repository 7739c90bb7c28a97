//! Forgeries: one thing of a signed request is spoilt, which a receiver has to notice.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use clap::ValueEnum;
use serde_json::Value;
use webhook_runtime::{Provider, Secret, scheme::Scheme};

use super::Outgoing;
use crate::{
    clock::unix_millis,
    credentials::{sends_secret, without_parameter},
    error::CliError,
    explain,
    random::random_hex,
    sample,
};

/// The thing that is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Forge {
    /// Sign with another secret.
    Secret,
    /// Change the body after it was signed.
    Body,
    /// Change the signature.
    Signature,
    /// Leave out the header with the signature.
    Header,
    /// Change the signed time.
    Time,
    /// Change the signed id.
    Id,
    /// Sign another URL.
    Url,
    /// Sign a day ago.
    Old,
}

impl Forge {
    pub(super) fn spoil(
        self,
        provider: &Provider,
        outgoing: &mut Outgoing,
        at: SystemTime,
    ) -> Result<(), CliError> {
        let spoilt = match self {
            Self::Body => spoil_body(provider, outgoing),
            Self::Header => leave_out_signature(provider, outgoing),
            Self::Signature => change_signature(provider, outgoing),
            Self::Time => spoil_time(provider, outgoing, at),
            Self::Id => {
                let name = provider.scheme().and_then(Scheme::signed_id_header);
                name.is_some_and(|name| {
                    let changed = format!("{}x", outgoing.header(name).unwrap_or_default());
                    outgoing.set(name, changed);
                    true
                })
            }
            Self::Secret | Self::Url | Self::Old => true,
        };
        let what = match self {
            Self::Body => "signs nothing in this body",
            Self::Time => "signs no time",
            Self::Id => "signs no id",
            _ => "has no header with a signature",
        };
        if spoilt { Ok(()) } else { Err(impossible(provider, what)) }
    }
}

/// Leaves out the headers with the signature, or its parameter in the query.
fn leave_out_signature(provider: &Provider, outgoing: &mut Outgoing) -> bool {
    if let Some(name) = provider.signature_parameter() {
        outgoing.url = without_parameter(&outgoing.url, name);
        return true;
    }
    let names = explain::signature_names(provider);
    let before = outgoing.headers.len();
    outgoing.headers.retain(|(known, _)| !names.iter().any(|name| known == name));
    outgoing.headers.len() < before
}

/// Changes the signature in its header, or in the query.
fn change_signature(provider: &Provider, outgoing: &mut Outgoing) -> bool {
    if let Some(name) = provider.signature_parameter() {
        return flip_in_query(&mut outgoing.url, name);
    }
    let names = explain::signature_names(provider);
    let own = |(known, _): &&mut (String, String)| names.iter().any(|name| known == name);
    outgoing.headers.iter_mut().find(own).is_some_and(|(_, value)| flip(value))
}

/// Changes the signature in the query. Signing has put it at the end.
fn flip_in_query(url: &mut String, name: &str) -> bool {
    let start = format!("{name}=");
    let Some((before, value)) = url.rsplit_once(&start) else { return false };
    let mut value = value.to_owned();
    let is_changed = flip(&mut value);
    *url = format!("{before}{start}{value}");
    is_changed
}

/// Changes a signed part of the body.
fn spoil_body(provider: &Provider, outgoing: &mut Outgoing) -> bool {
    let info = provider.scheme_info();
    if info.signs_body || info.joins_form_fields {
        let is_form = outgoing.is_form();
        match info.signed_form_field.filter(|_| is_form) {
            // Behind the last field, so in its value.
            Some(_) => outgoing.body.push(b'+'),
            None if is_form => outgoing.body.extend_from_slice(b"&forged=1"),
            None => spoil_json(&mut outgoing.body),
        }
        return true;
    }
    let in_form = provider.json_in_form(&outgoing.body);
    let text = in_form.as_deref().map_or(&outgoing.body[..], str::as_bytes);
    let Ok(mut json) = serde_json::from_slice::<Value>(text) else { return false };
    let pointer =
        info.signed_pointers.iter().find(|it| json.pointer(it).is_some_and(Value::is_string));
    let Some(value) = pointer.and_then(|pointer| json.pointer_mut(pointer)) else { return false };
    *value = Value::from(format!("{}x", value.as_str().unwrap_or_default()));
    outgoing.body = match in_form {
        Some(Cow::Borrowed(text)) => {
            let body = String::from_utf8_lossy(&outgoing.body);
            body.replacen(text, &json.to_string(), 1).into_bytes()
        }
        _ => json.to_string().into_bytes(),
    };
    true
}

/// Adds a member, which also those notice who verify JSON that they have parsed; a space to a body without
/// an object.
fn spoil_json(body: &mut Vec<u8>) {
    let Some(at) = body.iter().position(|byte| *byte == b'{') else {
        body.push(b' ');
        return;
    };
    let is_empty = body[at + 1..].trim_ascii_start().starts_with(b"}");
    let member: &[u8] = if is_empty { br#""forged":1"# } else { br#""forged":1,"# };
    body.splice(at + 1..=at, member.iter().copied());
}

/// Writes another time than the one that was signed.
fn spoil_time(provider: &Provider, outgoing: &mut Outgoing, at: SystemTime) -> bool {
    let Some(timestamp) = provider.scheme().and_then(Scheme::signed_timestamp) else {
        return false;
    };
    let text = |at: SystemTime| timestamp.format(unix_millis(at));
    let (signed, other) = (text(at), text(at + Duration::from_secs(2)));
    let mut changed = false;
    for (_, value) in &mut outgoing.headers {
        if value.contains(&signed) {
            *value = value.replace(&signed, &other);
            changed = true;
        }
    }
    if !changed {
        let body = String::from_utf8_lossy(&outgoing.body);
        changed = body.contains(&signed);
        outgoing.body = body.replace(&signed, &other).into_bytes();
    }
    changed
}

/// Changes a character of a signature, to another one of the same alphabet.
fn flip(value: &mut String) -> bool {
    let Some(at) = value.rfind(|mark: char| mark.is_ascii_alphanumeric()) else { return false };
    // The last character of base64 may have bits that do not count.
    let at = at.saturating_sub(4);
    let other = if value.as_bytes()[at] == b'0' { "1" } else { "0" };
    value.replace_range(at..=at, other);
    true
}

/// A secret that the receiver does not have.
pub(super) fn other_secret(provider: &Provider) -> Secret {
    if let Some(key) = sample::private_key(provider, &random_hex(32)) {
        key
    } else if sends_secret(provider) {
        // Both a token, and user and password.
        Secret::new(format!("forged:{}", random_hex(16)))
    } else if provider.scheme().is_some() {
        Secret::from_key(random_hex(16).into_bytes())
    } else {
        let text = format!("{}{}", random_hex(32), random_hex(32));
        Secret::new(provider.scheme_info().example_secret(&text))
    }
}

pub(super) fn impossible(provider: &Provider, why: &str) -> CliError {
    CliError::usage(format_args!("{} {why}: there is nothing to forge", provider.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spoilt_body_has_another_meaning() {
        for (body, spoilt) in [
            (r#"[ {"a":1}]"#, r#"[ {"forged":1,"a":1}]"#),
            ("{ }", r#"{"forged":1 }"#),
            ("text", "text "),
        ] {
            let mut bytes = body.as_bytes().to_vec();
            spoil_json(&mut bytes);
            assert_eq!(String::from_utf8_lossy(&bytes), spoilt);
        }
    }

    #[test]
    fn a_flipped_signature_differs() {
        for text in ["sha256=aGVsbG8gd29ybGQ=", "v1,00000", "a"] {
            let mut changed = text.to_owned();
            assert!(flip(&mut changed));
            assert_ne!(changed, text);
            assert_eq!(changed.len(), text.len());
        }
        assert!(!flip(&mut String::new()));
    }
}
