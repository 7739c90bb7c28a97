//! Requests that are ready to be sent: signed, or forged on purpose.

use std::{
    fs,
    io::Read as _,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use clap::ValueEnum;
use http::HeaderMap;
use serde_json::Value;
use webhook_runtime::{
    Provider, Secret,
    scheme::{RequestToSign, Scheme, SignError},
};

use crate::{
    challenge::{self, Challenge},
    error::CliError,
    explain, names,
    random::random_hex,
    sample::{self, FORM, JSON, Wishes},
    secrets::SecretArgs,
};

/// The longest time between signing and now, in seconds.
const MAX_AGE: i64 = 100 * 366 * 86_400;

/// What is signed, and how.
#[derive(clap::Args, Clone)]
pub(crate) struct RequestArgs {
    /// The provider to sign as
    #[arg(value_parser = names::provider)]
    pub(crate) provider: &'static Provider,
    #[command(flatten)]
    pub(crate) secrets: SecretArgs,
    /// The event of the sample, such as `push` or `issues.opened`
    #[arg(long, value_name = "NAME")]
    pub(crate) event: Option<String>,
    /// The body: text, `@FILE`, or `-` for standard input. It is sent byte for byte, unless something
    /// is written into it
    #[arg(long, value_name = "DATA")]
    pub(crate) data: Option<String>,
    /// Write a value into the JSON body: `/data/amount=5`
    #[arg(long, value_name = "POINTER=VALUE", value_parser = assignment)]
    pub(crate) set: Vec<(String, Value)>,
    /// Add or replace a header
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) header: Vec<(String, String)>,
    /// The id of the delivery [default: a new one]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Sign this long ago, such as `10m`; `-10m` is in the future
    #[arg(long, value_name = "TIME", value_parser = age, allow_hyphen_values = true)]
    pub(crate) age: Option<i64>,
    /// Spoil one thing on purpose
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) forge: Option<Forge>,
    /// Send the provider's handshake instead of a delivery
    #[arg(long, conflicts_with_all = ["event", "data", "set"])]
    pub(crate) handshake: bool,
    /// The URL to sign, if it is not the one that is called
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

/// What is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Forge {
    /// Sign with another secret.
    Secret,
    /// Change the body behind the signature's back.
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

/// A request to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// What an answer to a handshake has to contain.
    pub(crate) echoed: Option<String>,
    pub(crate) event: String,
    pub(crate) id: String,
}

impl Outgoing {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
    }
}

impl RequestArgs {
    /// Reads the data, once: standard input cannot be read again.
    pub(crate) fn read_data(&self) -> Result<Option<Vec<u8>>, CliError> {
        let Some(data) = &self.data else { return Ok(None) };
        let mut bytes = Vec::new();
        let error = |error| CliError::usage(format_args!("{data}: {error}"));
        if data == "-" {
            std::io::stdin().read_to_end(&mut bytes).map_err(error)?;
        } else if let Some(file) = data.strip_prefix('@') {
            bytes = fs::read(file).map_err(error)?;
        } else {
            bytes = data.clone().into_bytes();
        }
        Ok(Some(bytes))
    }

    /// Builds and signs a request to `to`.
    pub(crate) fn build(
        &self,
        to: &str,
        secret: &Secret,
        data: Option<&[u8]>,
    ) -> Result<Outgoing, CliError> {
        let provider = self.provider;
        let at = self.time();
        let mut outgoing = if self.handshake {
            let challenge = challenge::of(provider).map_err(CliError::usage)?;
            from_challenge(challenge, to, secret)
        } else {
            self.sample(to, data, at)?
        };
        // The content type decides what is signed.
        for (name, value) in &self.header {
            outgoing.set(name, value.clone());
        }
        let is_signed = !self.handshake || challenge::is_signed(provider);
        if is_signed {
            self.sign(&mut outgoing, secret, at)?;
        }
        for (name, value) in &self.header {
            outgoing.set(name, value.clone());
        }
        Ok(outgoing)
    }

    fn time(&self) -> SystemTime {
        let day = if self.forge == Some(Forge::Old) { 86_400 } else { 0 };
        let age = self.age.unwrap_or_default() + day;
        let distance = Duration::from_secs(age.unsigned_abs());
        if age < 0 { SystemTime::now() + distance } else { SystemTime::now() - distance }
    }

    fn sample(&self, to: &str, data: Option<&[u8]>, at: SystemTime) -> Result<Outgoing, CliError> {
        let id = self.id.clone().unwrap_or_else(|| format!("evt_{}", random_hex(12)));
        let millis = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let wishes = Wishes {
            event: self.event.clone(),
            id: id.clone(),
            data: data.map(<[u8]>::to_vec),
            set: self.set.clone(),
            unix_millis: u64::try_from(millis).unwrap_or_default(),
        };
        let sample = sample::build(self.provider, &wishes).map_err(CliError::usage)?;
        let mut outgoing = Outgoing {
            method: "POST".into(),
            url: to.to_owned(),
            headers: vec![("content-type".into(), sample.content_type.into())],
            body: sample.body,
            echoed: None,
            event: sample.event,
            id,
        };
        for (name, value) in sample.headers {
            outgoing.set(name, value);
        }
        Ok(outgoing)
    }

    /// Signs a request, and spoils it if that is wanted.
    fn sign(
        &self,
        outgoing: &mut Outgoing,
        secret: &Secret,
        at: SystemTime,
    ) -> Result<(), CliError> {
        let provider = self.provider;
        let other = other_secret(provider);
        let key = if self.forge == Some(Forge::Secret) { &other } else { secret };
        // A credential in the query is part of the URL.
        if let Some(name) = query_parameter(provider) {
            let mark = if outgoing.url.contains('?') { '&' } else { '?' };
            let text = String::from_utf8_lossy(key.expose()).into_owned();
            outgoing.url = format!("{}{mark}{name}={text}", outgoing.url);
        }
        let mut url = self.public_url.clone().unwrap_or_else(|| outgoing.url.clone());
        if self.forge == Some(Forge::Url) {
            if !provider.scheme_info().signs_url {
                return Err(impossible(provider, "signs no URL"));
            }
            url.push_str("/elsewhere");
        }
        let (headers, body) = {
            let mut request = RequestToSign::new(&outgoing.body)
                .method(&outgoing.method)
                .url(&url)
                .id(&outgoing.id)
                .at(at);
            request.form = outgoing.header("content-type").is_some_and(|it| it.starts_with(FORM));
            let signed = provider.sign(key, &request).map_err(|error| refusal(provider, error))?;
            (signed.headers, signed.body.into_owned())
        };
        outgoing.body = body;
        add(outgoing, &headers);
        match self.forge {
            None | Some(Forge::Secret | Forge::Url) => Ok(()),
            Some(Forge::Old) if provider.scheme_info().signs_time => Ok(()),
            Some(Forge::Old) => Err(impossible(provider, "signs no time")),
            Some(forge) => forge.spoil(provider, outgoing, at),
        }
    }
}

impl Forge {
    fn spoil(
        self,
        provider: &Provider,
        outgoing: &mut Outgoing,
        at: SystemTime,
    ) -> Result<(), CliError> {
        let names = explain::signature_names(provider);
        let spoilt = match self {
            Self::Body => spoil_body(provider, outgoing),
            Self::Header => {
                let before = outgoing.headers.len();
                outgoing.headers.retain(|(known, _)| !names.iter().any(|name| known == name));
                outgoing.headers.len() < before
            }
            Self::Signature => {
                let own =
                    |(known, _): &&mut (String, String)| names.iter().any(|name| known == name);
                outgoing.headers.iter_mut().find(own).is_some_and(|(_, value)| flip(value))
            }
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

/// Changes a signed part of the body.
fn spoil_body(provider: &Provider, outgoing: &mut Outgoing) -> bool {
    let info = provider.scheme_info();
    if info.signs_body || info.joins_form_fields {
        let is_form = outgoing.header("content-type").is_some_and(|it| it.starts_with(FORM));
        match info.signed_form_field.filter(|_| is_form) {
            // Behind the last field, so in its value.
            Some(_) => outgoing.body.push(b'+'),
            None if is_form => outgoing.body.extend_from_slice(b"&forged=1"),
            None => outgoing.body.push(b' '),
        }
        return true;
    }
    let Ok(mut json) = serde_json::from_slice::<Value>(&outgoing.body) else { return false };
    let pointer =
        info.signed_pointers.iter().find(|it| json.pointer(it).is_some_and(Value::is_string));
    let Some(value) = pointer.and_then(|pointer| json.pointer_mut(pointer)) else { return false };
    *value = Value::from(format!("{}x", value.as_str().unwrap_or_default()));
    outgoing.body = json.to_string().into_bytes();
    true
}

/// Writes another time than the one that was signed.
fn spoil_time(provider: &Provider, outgoing: &mut Outgoing, at: SystemTime) -> bool {
    let Some(timestamp) = provider.scheme().and_then(Scheme::signed_timestamp) else {
        return false;
    };
    let text = |at: SystemTime| {
        let millis = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        timestamp.format(u64::try_from(millis).unwrap_or_default())
    };
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

fn from_challenge(challenge: Challenge, to: &str, secret: &Secret) -> Outgoing {
    let mut url = to.to_owned();
    let token = String::from_utf8_lossy(secret.expose()).into_owned();
    let own = challenge.token_parameter.map(|name| (name, token));
    if !challenge.query.is_empty() || own.is_some() {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(challenge.query.into_iter().chain(own));
        let mark = if url.contains('?') { '&' } else { '?' };
        url = format!("{url}{mark}{}", query.finish());
    }
    let mut headers = Vec::new();
    if let Some(content_type) = challenge.content_type {
        headers.push(("content-type".to_owned(), content_type.to_owned()));
    }
    headers.extend(challenge.headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Outgoing {
        method: challenge.method.to_owned(),
        url,
        headers,
        body: challenge.body,
        echoed: challenge.echoed,
        event: "handshake".to_owned(),
        id: format!("evt_{}", random_hex(12)),
    }
}

fn add(outgoing: &mut Outgoing, headers: &HeaderMap) {
    for (name, value) in headers {
        outgoing.set(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
    }
}

/// The query parameter with the credential.
pub(crate) fn query_parameter(provider: &Provider) -> Option<String> {
    let pattern = provider.scheme()?.signature_pattern();
    Some(pattern.strip_prefix('?')?.strip_suffix("=…")?.to_owned())
}

/// True if the secret itself is sent.
pub(crate) fn sends_secret(provider: &Provider) -> bool {
    let algorithm = provider.scheme().map(Scheme::algorithm);
    matches!(algorithm, Some("token" | "basic auth"))
}

/// A secret that the receiver does not have.
fn other_secret(provider: &Provider) -> Secret {
    if sends_secret(provider) {
        // Both a token, and user and password.
        Secret::new(format!("forged:{}", random_hex(16)))
    } else if provider.scheme().is_some() {
        Secret::from_key(random_hex(16).into_bytes())
    } else {
        Secret::new(format!("{}{}", random_hex(32), random_hex(32)))
    }
}

fn impossible(provider: &Provider, why: &str) -> CliError {
    CliError::usage(format_args!("{} {why}: there is nothing to forge", provider.name()))
}

fn refusal(provider: &Provider, error: SignError) -> CliError {
    CliError::usage(format_args!("{} cannot be signed: {error}", provider.name()))
}

/// Reads `/pointer=value`; a value that is no JSON is text.
fn assignment(text: &str) -> Result<(String, Value), String> {
    let (pointer, value) = text.split_once('=').ok_or("write it as /pointer=value")?;
    if !pointer.starts_with('/') {
        return Err("a pointer begins with `/`, as in /data/amount=5".to_owned());
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok((pointer.to_owned(), value))
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write it as `Name: value`")?;
    let (name, value) = (name.trim(), value.trim());
    http::HeaderName::try_from(name).map_err(|error| error.to_string())?;
    http::HeaderValue::try_from(value).map_err(|error| error.to_string())?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Reads a time such as `10m`, in seconds.
fn age(text: &str) -> Result<i64, String> {
    let at = text.find(|mark: char| mark.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let unit = match unit {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("a time has a unit: 30s, 10m, 2h, 1d".to_owned()),
    };
    let number: i64 = number.parse().map_err(|_| "write it as 30s, 10m, 2h or 1d".to_owned())?;
    let age = number.checked_mul(unit).filter(|age| age.abs() <= MAX_AGE);
    age.ok_or_else(|| "that is longer than a century".to_owned())
}

/// The type of a body, as it is shown.
pub(crate) fn is_text(outgoing: &Outgoing) -> bool {
    let label = outgoing.header("content-type").unwrap_or(JSON);
    label.starts_with(JSON) || label.starts_with(FORM) || label.starts_with("text/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!([age("30"), age("10m"), age("-2h")], [Ok(30), Ok(600), Ok(-7200)]);
        for text in ["", "m", "10x", "1.5h", "99999999999999999d", "-99999d"] {
            assert!(age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn assignments_are_json_or_text() {
        assert_eq!(assignment("/a/b=5"), Ok(("/a/b".into(), Value::from(5))));
        assert_eq!(assignment("/a=b=c"), Ok(("/a".into(), Value::from("b=c"))));
        assert!(assignment("a=1").is_err() && assignment("/a").is_err());
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
