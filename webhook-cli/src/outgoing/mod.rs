//! Requests that are ready to be sent: signed, or forged on purpose.

mod forge;

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use http::HeaderMap;
use serde_json::Value;
use webhook_runtime::{
    Provider, Secret,
    scheme::{KeyEncoding, KeyType, RequestToSign, SignError},
};

use self::forge::Forge;
use crate::{
    capture::MAX_FILE,
    challenge::{self, Challenge},
    clock::unix_millis,
    error::CliError,
    files, names,
    random::random_hex,
    sample::{self, FORM, JSON, Wishes},
    secrets::SecretArgs,
    values,
};

/// The options of a request that is signed.
#[derive(clap::Args, Clone)]
pub(crate) struct RequestArgs {
    /// The provider to sign as
    #[arg(value_parser = names::ProviderName, hide_possible_values = true)]
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
    #[arg(long, value_name = "POINTER=VALUE", value_parser = values::assignment)]
    pub(crate) set: Vec<(String, Value)>,
    /// Add or replace a header
    #[arg(long, value_name = "NAME: VALUE", value_parser = values::header)]
    pub(crate) header: Vec<(String, String)>,
    /// The id of the delivery [default: a new one]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Sign this long ago, such as `10m`; `-10m` is in the future
    #[arg(long, value_name = "TIME", value_parser = values::age, allow_hyphen_values = true)]
    pub(crate) age: Option<i64>,
    /// Spoil one thing on purpose
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) forge: Option<Forge>,
    /// Send the provider's handshake instead of a delivery
    #[arg(long, conflicts_with_all = ["event", "data", "set"])]
    pub(crate) handshake: bool,
    /// The URL to sign, if it is not the one that is called
    #[arg(long, value_name = "URL", value_parser = values::url)]
    pub(crate) public_url: Option<String>,
}

/// A request to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The text that an answer to a handshake has to contain.
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

    /// True if the body is labelled as a form.
    fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(|it| it.starts_with(FORM))
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
    }
}

impl RequestArgs {
    /// Reads the data, once: standard input cannot be read again.
    pub(crate) fn read_data(&self) -> Result<Option<Vec<u8>>, CliError> {
        read_data(self.data.as_deref())
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
            let token = String::from_utf8_lossy(secret.expose());
            let challenge = challenge::of(provider, &token).map_err(CliError::usage)?;
            from_challenge(challenge, to, self.id.clone())
        } else {
            self.sample(to, data, at)?
        };
        // The content type decides what is signed.
        for (name, value) in &self.header {
            outgoing.set(name, value.clone());
        }
        let is_signed = !self.handshake || challenge::is_signed(provider);
        let needs_signature =
            self.forge.is_some() || self.age.is_some() || self.public_url.is_some();
        if !is_signed && needs_signature {
            return Err(CliError::usage(format_args!(
                "the handshake of {} is not signed: --forge, --age and --public-url have nothing to change",
                provider.name()
            )));
        }
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
        let wishes = Wishes {
            event: self.event.clone(),
            id: id.clone(),
            data: data.map(<[u8]>::to_vec),
            set: self.set.clone(),
            unix_millis: unix_millis(at),
        };
        let sample = sample::build(self.provider, &wishes).map_err(CliError::usage)?;
        if let Some(meant) = self.event.as_ref().and_then(|it| sample::meant(self.provider, it)) {
            eprintln!("warning: {} is sent as it is; did you mean `{meant}`?", sample.event);
        }
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
        let other = forge::other_secret(provider);
        let key = if self.forge == Some(Forge::Secret) { &other } else { secret };
        let mut url = self.public_url.clone().unwrap_or_else(|| outgoing.url.clone());
        if self.forge == Some(Forge::Url) {
            if !provider.scheme_info().signs_url {
                return Err(forge::impossible(provider, "signs no URL"));
            }
            url.push_str("/elsewhere");
        }
        let (headers, sent_to, body) = {
            let mut request = RequestToSign::new(&outgoing.body)
                .method(&outgoing.method)
                .url(&url)
                .id(&outgoing.id)
                .at(at);
            request.form = outgoing.is_form();
            let signed = provider.sign(key, &request).map_err(|error| refusal(provider, error))?;
            let sent_to = signed.url_to_send(&outgoing.url);
            (signed.headers, sent_to, signed.body.into_owned())
        };
        (outgoing.url, outgoing.body) = (sent_to, body);
        add(outgoing, &headers);
        match self.forge {
            None | Some(Forge::Secret | Forge::Url) => Ok(()),
            Some(Forge::Old) if provider.scheme_info().signs_time => Ok(()),
            Some(Forge::Old) => Err(forge::impossible(provider, "signs no time")),
            Some(forge) => forge.spoil(provider, outgoing, at),
        }
    }
}

/// Reads the data of an argument: text, `@FILE`, or `-` for standard input.
pub(crate) fn read_data(data: Option<&str>) -> Result<Option<Vec<u8>>, CliError> {
    let Some(data) = data else { return Ok(None) };
    Ok(Some(match data.strip_prefix('@') {
        Some(file) => files::read(Path::new(file), MAX_FILE)?,
        None if data == "-" => files::read(Path::new("-"), MAX_FILE)?,
        None => data.as_bytes().to_vec(),
    }))
}

fn from_challenge(challenge: Challenge, to: &str, id: Option<String>) -> Outgoing {
    let mut url = to.to_owned();
    if !challenge.query.is_empty() {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(challenge.query);
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
        id: id.unwrap_or_else(|| format!("evt_{}", random_hex(12))),
    }
}

fn add(outgoing: &mut Outgoing, headers: &HeaderMap) {
    for (name, value) in headers {
        outgoing.set(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
    }
}

fn refusal(provider: &Provider, error: SignError) -> CliError {
    let wanted = match private_key_form(provider).filter(|_| matches!(error, SignError::Secret(_)))
    {
        Some(form) => format!("; it is signed with the private key: {form}"),
        None => String::new(),
    };
    CliError::usage(format_args!("{} cannot be signed: {error}{wanted}", provider.name()))
}

/// The form of the private key, for providers that sign with one.
fn private_key_form(provider: &Provider) -> Option<&'static str> {
    Some(match provider.scheme_info().key_pair? {
        KeyType::Ed25519 => match provider.scheme()?.key_encoding() {
            KeyEncoding::Hex => "64 hexadecimal digits, without a line break",
            KeyEncoding::Base64 => "32 bytes in base64",
            _ => "32 bytes in base64, behind the prefix of the public key",
        },
        KeyType::P256 => "PKCS#8 in base64, which is PEM without its first and last line",
        KeyType::Rsa => "PKCS#8 in PEM",
        _ => return None,
    })
}

/// The type of a body, as it is shown.
pub(crate) fn is_text(outgoing: &Outgoing) -> bool {
    let label = outgoing.header("content-type").unwrap_or(JSON);
    label.starts_with(JSON) || label.starts_with(FORM) || label.starts_with("text/")
}
