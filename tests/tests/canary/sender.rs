//! A provider that signs, and somebody who forges. The scanner knows every secret and every
//! expected signature.

use std::time::{Duration, SystemTime};

use axum::body::Body;
use base64ct::{Base64, Encoding as _};
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use sha2::{Digest as _, Sha256};
use webhook_runtime::{
    Provider, Secret,
    scheme::{KeyEncoding, RequestToSign, Scheme},
};

use super::scanner::Scanner;
use crate::runner::keys::pairs;

/// The public URL of these endpoints, for the providers that sign it.
pub(crate) const ORIGIN: &str = "https://hooks.test";

/// A canary in every body, which no log may contain.
pub(crate) const BODY_CANARY: &str = "canary-in-the-body-77aa01c4";

/// Other headers with credentials: signatures of older or other schemes, and credentials for a
/// proxy in front.
const BESIDE: [&str; 15] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "svix-signature",
    "webhook-signature",
    "x-acme-hmac-sha256",
    "x-acme-secret",
    "x-acme-signature-v1",
    "x-gitea-signature",
    "x-gitlab-token",
    "x-gogs-signature",
    "x-hub-signature",
    "x-hub-signature-256",
    "x-hubspot-signature",
    "x-square-signature",
];

/// The values of these headers.
pub(crate) const BESIDE_CANARY: &str = "canary-beside-the-signature-19c0e2b7";

/// A provider with secrets of its own.
pub(crate) struct Sender {
    pub(crate) provider: &'static Provider,
    pub(crate) now: SystemTime,
    /// The endpoint's side: a secret, or a public key.
    pub(crate) known: Secret,
    /// The signer's side: the same secret, or the private key.
    signs: Secret,
    /// Another key of the right form.
    guess: Secret,
    /// An older secret that is still accepted.
    pub(crate) older: Secret,
}

/// A request to the byte.
#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Letter {
    pub(crate) fn request(&self) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.method.parse().expect("a method");
        *request.uri_mut() = self.target.parse().expect("a path and a query");
        request.headers_mut().clone_from(&self.headers);
        request
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().expect("the value of a header"));
        self
    }
}

/// The text to sign.
#[derive(Clone, Copy)]
enum By {
    Known,
    Older,
    Guess,
}

impl Sender {
    pub(crate) fn new(provider: &'static Provider) -> Self {
        let [known, older, guess] =
            ["known", "older", "guess"].map(|which| secret(provider, which));
        let (known, signs, guess) = match pairs(provider) {
            Some([ours, other]) => (ours.public, ours.private, other.private),
            None => (known.clone(), known, guess),
        };
        let older = if pairs(provider).is_some() { known.clone() } else { older };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000);
        Self { provider, now, known, signs, guess, older }
    }

    /// Tells whether anybody but the provider can sign.
    pub(crate) fn can_sign(&self) -> bool {
        !self.provider.scheme_info().fetches_keys
    }

    /// Tells whether an endpoint can have a second secret.
    pub(crate) fn rotates(&self) -> bool {
        pairs(self.provider).is_none() && self.provider.scheme_info().needs_secret
    }

    /// The signing secret, for the test kit.
    pub(crate) fn signing(&self) -> &Secret {
        &self.signs
    }

    /// A scanner for its secrets, without public keys.
    pub(crate) fn scanner(&self) -> Scanner {
        let mut scanner = Scanner::new();
        if self.provider.scheme_info().needs_secret {
            scanner.add("the secret", key_of(&self.signs));
            if self.rotates() {
                scanner.add("the older secret", self.older.expose());
            }
        }
        scanner
    }

    pub(crate) fn genuine(&self, path: &str, note: &str) -> Letter {
        self.signed(By::Known, path, note, self.now)
    }

    pub(crate) fn by_the_older(&self, path: &str, note: &str) -> Letter {
        self.signed(By::Older, path, note, self.now)
    }

    pub(crate) fn stale(&self, path: &str, note: &str) -> Letter {
        self.signed(By::Known, path, note, self.now - Duration::from_secs(90_000))
    }

    pub(crate) fn forged(&self, path: &str, note: &str) -> Letter {
        self.signed(By::Guess, path, note, self.now)
    }

    /// A genuine request that is not JSON, if the provider can sign one.
    pub(crate) fn broken(&self, path: &str) -> Option<Letter> {
        let letter = self.unsigned(path, "broken");
        let body = letter.body[..letter.body.len() - 1].to_vec();
        let url = format!("{ORIGIN}{}", letter.target);
        let outgoing = RequestToSign::new(&body).id("msg_canary").url(&url).at(self.now);
        let signed = self.provider.sign(&self.signs, &outgoing).ok()?;
        let target = signed.url_to_send(&letter.target);
        let mut headers = letter.headers.clone();
        headers.extend(signed.headers);
        Some(Letter { target, headers, body, ..letter })
    }

    /// A request without everything that only a signer knows.
    pub(crate) fn unsigned(&self, path: &str, note: &str) -> Letter {
        let (form, body) = body(self.provider, note, self.now);
        let mut headers = HeaderMap::new();
        content_type(&mut headers, form);
        for name in BESIDE {
            headers.insert(name, HeaderValue::from_static(BESIDE_CANARY));
        }
        Letter { method: "POST", target: format!("{path}?a=1"), headers, body }
    }

    fn signed(&self, by: By, path: &str, note: &str, at: SystemTime) -> Letter {
        let mut letter = self.unsigned(path, note);
        if !self.can_sign() {
            return letter.with("authorization", "Bearer of-nobody").with(SIGNATURE, "AAAA");
        }
        let secret = match by {
            By::Known => &self.signs,
            By::Older => &self.older,
            By::Guess => &self.guess,
        };
        let (form, body) = body(self.provider, note, at);
        let url = format!("{ORIGIN}{}", letter.target);
        let mut outgoing = RequestToSign::new(&body).id("msg_canary").url(&url).at(at);
        outgoing.form = form;
        let signed = self.provider.sign(secret, &outgoing);
        let signed = signed.unwrap_or_else(|error| panic!("{}: {error}", self.provider.name()));
        letter.target = signed.url_to_send(&letter.target);
        letter.headers.extend(signed.headers);
        letter.body = signed.body.into_owned();
        letter
    }

    /// The expected signature: the part of a genuine request that a forged one lacks. `None` if
    /// that is the secret itself.
    pub(crate) fn expected(&self, path: &str, note: &str) -> Option<Vec<u8>> {
        let [genuine, forged] = [self.genuine(path, note), self.forged(path, note)];
        for (name, value) in &genuine.headers {
            let other = forged.headers.get(name)?;
            if value != other {
                return Some(difference(value.as_bytes(), other.as_bytes()));
            }
        }
        let targets = [&genuine.target, &forged.target].map(String::as_bytes);
        if self.provider.scheme_info().signs_body && targets[0] != targets[1] {
            return Some(difference(targets[0], targets[1]));
        }
        (genuine.body != forged.body).then(|| difference(&genuine.body, &forged.body))
    }
}

/// The header of AWS and PayPal, which nobody else can sign.
const SIGNATURE: &str = "paypal-transmission-sig";

/// The part of a text between its common start and its common end with another.
fn difference(one: &[u8], other: &[u8]) -> Vec<u8> {
    let start = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let same_end = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    let end = (one.len() - same_end).max(start);
    one[start..end].to_vec()
}

/// The key itself, without the header of its format.
fn key_of(secret: &Secret) -> Vec<u8> {
    let text = String::from_utf8_lossy(secret.expose()).into_owned();
    if !text.starts_with("-----BEGIN") {
        return secret.expose().to_vec();
    }
    let lines: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    Base64::decode_vec(&lines).expect("PEM").split_off(40)
}

/// A secret in the provider's format, with as many characters as possible that some encoding
/// escapes.
fn secret(provider: &Provider, which: &str) -> Secret {
    let seed = Sha256::digest(format!("{} {which}", provider.name()));
    let hex = base16ct::lower::encode_string(&seed);
    let odd = format!("a\\b/{which}\"c+d=<e>&f;{hex}");
    let info = provider.scheme_info();
    let Some(scheme) = provider.scheme() else { return Secret::new(info.example_secret(&hex)) };
    Secret::new(match (scheme.algorithm(), scheme.key_encoding()) {
        ("token", _) if scheme.signature_parameter().is_some() => hex,
        ("basic auth", _) => info.example_secret(&odd),
        ("token", _) | (_, KeyEncoding::AsciiText) => odd,
        (_, KeyEncoding::Text | KeyEncoding::HtmlEscaped) => format!("é{odd}"),
        (_, KeyEncoding::Hex) => hex,
        (_, KeyEncoding::PrefixedBase64(prefix) | KeyEncoding::PrefixedBase64OrText(prefix)) => {
            format!("{prefix}{}", Base64::encode_string(&seed))
        }
        _ => Base64::encode_string(&seed),
    })
}

/// A body that the provider can sign, and true if it is a form.
fn body(provider: &Provider, note: &str, at: SystemTime) -> (bool, Vec<u8>) {
    let millis = at.duration_since(SystemTime::UNIX_EPOCH).expect("later").as_millis();
    let note = format!(r#""note":"{BODY_CANARY} {note}""#);
    let body = match provider.name() {
        "adyen" => format!(
            r#"{{{note},"notificationItems":[{{"NotificationRequestItem":{{"pspReference":"7914"}}}}]}}"#
        ),
        "infisical" => format!(r#"{{"timestamp":{millis},{note}}}"#),
        "linear" => format!(r#"{{"webhookTimestamp":{millis},{note}}}"#),
        "plain-com" => {
            let time = provider.scheme().and_then(Scheme::signed_timestamp).expect("a time");
            let time = time.format(u64::try_from(millis).expect("64 bits"));
            format!(
                r#"{{"webhookMetadata":{{"webhookDeliveryAttemptTimestamp":"{time}"}},{note}}}"#
            )
        }
        "mailgun" => format!(r#"{{{note},"event-data":{{"event":"opened"}}}}"#),
        "alipay" | "mandrill" | "plivo" | "twilio" => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            let (field, value) = match provider.name() {
                "mandrill" => ("mandrill_events", format!("[{{{note}}}]")),
                _ => ("note", note),
            };
            return (true, form.append_pair(field, &value).finish().into_bytes());
        }
        "microsoft-graph" => format!(r#"{{{note},"value":[{{"id":"1"}},{{}}]}}"#),
        _ => format!("{{{note}}}"),
    };
    (false, body.into_bytes())
}

fn content_type(headers: &mut HeaderMap, form: bool) {
    let value = if form { "application/x-www-form-urlencoded" } else { "application/json" };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
}

/// The headers that hold a signature or credential: those that differ from a forgery's.
pub(crate) fn proofs(sender: &Sender) -> Vec<HeaderName> {
    let [genuine, forged] = [sender.genuine("/any", ""), sender.forged("/any", "")];
    let differ = |name: &&HeaderName| genuine.headers.get(*name) != forged.headers.get(*name);
    genuine.headers.keys().filter(differ).cloned().collect()
}

/// The scheme's name in these tests.
pub(crate) fn is_credential(provider: &Provider) -> bool {
    provider.scheme().map(Scheme::algorithm).is_some_and(|it| it == "token" || it == "basic auth")
}
