//! A request that a provider has signed, and what a user has configured.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64, Encoding as _};
use webhook_cli::{
    capture::Capture,
    explain::{self, Explanation, Question},
};
use webhook_runtime::{
    Provider, Secret, providers,
    scheme::{KeyEncoding, RequestToSign, Scheme},
};

use crate::{
    document::{Style, Value},
    random::Random,
};

/// The user's configuration, and the request as it is captured.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) provider: &'static Provider,
    pub(crate) secret: String,
    pub(crate) others: Vec<String>,
    pub(crate) url: String,
    pub(crate) now: u64,
    pub(crate) capture: Capture,
}

/// The signed parts.
#[derive(Clone)]
pub(crate) struct ToSign {
    pub(crate) provider: &'static Provider,
    /// The secret that signs.
    pub(crate) secret: String,
    pub(crate) url: String,
    pub(crate) id: String,
    /// Seconds since 1970.
    pub(crate) at: u64,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The providers that sign the body with a shared secret, as data, and send the signature in a header.
pub(crate) fn signers() -> Vec<&'static Provider> {
    let signs = |provider: &&&Provider| {
        provider.scheme().is_some_and(|scheme| {
            provider.scheme_info().signs_body
                && scheme.signature_parameter().is_none()
                && (scheme.algorithm().starts_with("HMAC") || scheme.algorithm() == "SHA-256")
        })
    };
    providers::ALL.iter().filter(signs).copied().collect()
}

/// The providers whose schemes are code, with a body that each of them signs.
pub(crate) fn code_signers(random: &mut Random) -> ToSign {
    let id = random.word(10);
    let (provider, content_type, body): (&'static Provider, _, _) = match random.below(5) {
        0 => (&providers::TWILIO, FORM, format!("CallSid={id}&Body=two+words")),
        1 => (
            &providers::MANDRILL,
            FORM,
            format!(
                "mandrill_events=%5B%7B%22event%22%3A%22send%22%2C%22_id%22%3A%22{id}%22%7D%5D"
            ),
        ),
        2 => (
            &providers::MAILGUN,
            JSON,
            format!(r#"{{"event-data":{{"event":"opened","id":"{id}"}}}}"#),
        ),
        3 => (&providers::CONTENTFUL, JSON, format!(r#"{{"sys":{{"id":"{id}"}}}}"#)),
        _ => (
            &providers::ADYEN,
            JSON,
            format!(
                r#"{{"notificationItems":[{{"NotificationRequestItem":{{"pspReference":"{id}","eventCode":"A"}}}}]}}"#
            ),
        ),
    };
    let mut to_sign = ToSign::random(random, provider, body.into_bytes());
    to_sign.content_type = content_type;
    if provider.name() == "adyen" {
        to_sign.secret = random.hex(64).to_ascii_uppercase();
    }
    to_sign
}

/// A secret such as the provider issues.
pub(crate) fn secret(random: &mut Random, provider: &Provider) -> String {
    let encoding = provider.scheme().map_or(KeyEncoding::Text, Scheme::key_encoding);
    match (encoding, provider.name()) {
        (KeyEncoding::Hex, _) => random.hex(64).to_ascii_uppercase(),
        (KeyEncoding::Base64, _) => Base64::encode_string(&random.bytes(32)),
        (KeyEncoding::PrefixedBase64(prefix) | KeyEncoding::PrefixedBase64OrText(prefix), _) => {
            format!("{prefix}{}", Base64::encode_string(&random.bytes(24)))
        }
        (_, "stripe") => format!("whsec_{}", random.word(32)),
        (_, "paddle") => format!("pdl_ntfset_{}", random.word(40)),
        (_, "polar") => format!("polar_whs_{}", random.word(32)),
        (_, "linear") => format!("lin_wh_{}", random.word(40)),
        (_, "notion") => format!("secret_{}", random.word(40)),
        _ => match random.below(3) {
            0 => random.hex(40),
            1 => random.word(24),
            _ => Base64::encode_string(&random.bytes(30)),
        },
    }
}

impl ToSign {
    pub(crate) fn random(random: &mut Random, provider: &'static Provider, body: Vec<u8>) -> Self {
        let host = random.pick(&["hooks.acme.example", "in.shop.example", "events.example.org"]);
        let path = random.pick(&["/hook", "/webhooks/in", "/api/v1/hooks/x"]);
        Self {
            provider,
            secret: secret(random, provider),
            url: format!("https://{host}{path}"),
            id: format!("msg_{}", random.word(16)),
            at: 1_764_000_000 + random.next() % 5_000_000,
            content_type: JSON,
            body,
        }
    }

    /// Writes a document with the time in it, if the provider has it in the body.
    pub(crate) fn write(&mut self, style: Style, document: &Value) {
        self.body = style.write(&self.timed(document)).into_bytes();
    }

    /// The document with the time in it.
    pub(crate) fn timed(&self, document: &Value) -> Value {
        let mut document = document.clone();
        let scheme = self.provider.scheme();
        let pointer = scheme.and_then(Scheme::timestamp_pointer);
        let time = scheme.and_then(Scheme::signed_timestamp);
        if let (Some(pointer), Some(time), Value::Object(members)) = (pointer, time, &mut document)
        {
            let time = time.format(self.at * 1000);
            let value = time.parse().map_or(Value::Text(time), Value::Whole);
            let (outer, inner) = pointer[1..].split_once('/').unwrap_or((&pointer[1..], ""));
            let value = match inner {
                "" => value,
                name => Value::Object(vec![(name.to_owned(), value)]),
            };
            members.push((outer.to_owned(), value));
        }
        document
    }

    fn time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.at)
    }

    /// The headers of the signature.
    pub(crate) fn sign_with(&self, provider: &Provider, secret: &Secret) -> Vec<(String, Vec<u8>)> {
        self.sign_whole(provider, secret).0
    }

    /// The headers of the signature, and the body that may contain it.
    fn sign_whole(
        &self,
        provider: &Provider,
        secret: &Secret,
    ) -> (Vec<(String, Vec<u8>)>, Vec<u8>) {
        let mut request =
            RequestToSign::new(&self.body).url(&self.url).id(&self.id).at(self.time());
        request.form = self.content_type == FORM;
        let signed = provider.sign(secret, &request).expect("it can be signed");
        let headers = signed.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        (headers.collect(), signed.body.into_owned())
    }

    /// The signed request, as it arrives.
    pub(crate) fn sign(&self) -> Sample {
        self.sign_by(&Secret::new(self.secret.clone()))
    }

    /// The same, signed with another key.
    pub(crate) fn sign_by(&self, secret: &Secret) -> Sample {
        let (host, path) = self.url["https://".len()..]
            .split_at(self.url["https://".len()..].find('/').expect("a path"));
        let mut capture = Capture {
            method: "POST".into(),
            target: path.into(),
            body: self.body.clone(),
            ..Capture::default()
        };
        capture.headers.push(("Host".into(), host.into()));
        capture.headers.push(("Content-Type".into(), self.content_type.into()));
        let (headers, body) = self.sign_whole(self.provider, secret);
        capture.headers.extend(headers);
        capture.body = body;
        Sample {
            provider: self.provider,
            secret: self.secret.clone(),
            others: Vec::new(),
            url: self.url.clone(),
            now: self.at + 1,
            capture,
        }
    }
}

impl Sample {
    pub(crate) fn explain(&self) -> Explanation {
        let texts = [&self.secret].into_iter().chain(&self.others);
        let secrets: Vec<_> = texts.map(|text| Secret::new(text.clone())).collect();
        explain::explain(&Question {
            provider: self.provider,
            secrets: &secrets,
            public_url: Some(&self.url).filter(|_| self.signs_url()).map(String::as_str),
            capture: &self.capture,
            key: None,
            now: UNIX_EPOCH + Duration::from_secs(self.now),
        })
    }

    pub(crate) fn signs_url(&self) -> bool {
        self.provider.scheme_info().signs_url
    }

    /// The name of the header with the signature.
    pub(crate) fn signature(&self) -> String {
        let name = self.provider.scheme_info().signature_header;
        if name.ends_with('-') { format!("{name}1") } else { name.to_owned() }
    }

    /// A header, to be changed.
    pub(crate) fn header(&mut self, name: &str) -> &mut (String, Vec<u8>) {
        let known = self.capture.headers.iter_mut();
        known.into_iter().find(|(known, _)| known == name).expect("the header is there")
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.remove(name);
        self.capture.headers.push((name.to_owned(), value.into()));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.capture.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// The value of the signature's header.
    pub(crate) fn value(&mut self) -> String {
        let name = self.signature();
        String::from_utf8(self.header(&name).1.clone()).expect("ASCII")
    }

    pub(crate) fn set_value(&mut self, value: impl Into<Vec<u8>>) {
        let name = self.signature();
        self.header(&name).1 = value.into();
    }
}
