//! What is verified: a genuine request of a provider, of a certain size.

use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::SigningKey;
use http::{HeaderMap, HeaderValue};
use webhook_runtime::{
    Provider, Secret,
    providers::{DISCORD, GITHUB, HMAC_SHA256_HEX, SLACK, STANDARD_WEBHOOKS, STRIPE},
    scheme::{RequestToSign, SignedRequest},
};

/// The providers whose schemes are measured.
pub(crate) const SCHEMES: [&Provider; 6] =
    [&HMAC_SHA256_HEX, &GITHUB, &STRIPE, &STANDARD_WEBHOOKS, &SLACK, &DISCORD];

/// How large a body is.
pub(crate) struct Size {
    pub(crate) name: &'static str,
    bytes: usize,
    /// What is spent beside hashing is then told in ns, not in percent.
    pub(crate) is_small: bool,
}

/// The sizes that are measured.
pub(crate) const SIZES: [Size; 4] = [
    Size { name: "1 KB", bytes: 1 << 10, is_small: true },
    Size { name: "8 KB", bytes: 8 << 10, is_small: false },
    Size { name: "25 KB", bytes: 25 << 10, is_small: false },
    Size { name: "1 MB", bytes: 1 << 20, is_small: false },
];

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SEED: [u8; 32] = *b"the seed of a key that is no key";
const ID: &str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";

/// The headers that other people add: providers, proxies and HTTP.
const AROUND: [(&str, &str); 9] = [
    ("host", "hooks.example.com"),
    ("user-agent", "Webhooks/1.0 (+https://example.com/webhooks)"),
    ("accept", "*/*"),
    ("accept-encoding", "gzip"),
    ("content-type", "application/json"),
    ("content-length", "1048576"),
    ("x-forwarded-for", "203.0.113.7"),
    ("x-forwarded-proto", "https"),
    ("x-request-id", "0198c2a4-7d5f-7b6e-9c3a-1f2e3d4c5b6a"),
];

/// A genuine request.
pub(crate) struct Case {
    pub(crate) provider: &'static Provider,
    /// What the provider shows, and verification is given.
    pub(crate) secret: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// When it was signed.
    pub(crate) now: SystemTime,
    /// The text that is signed, joined.
    pub(crate) signed: String,
    /// The signature as it is sent.
    pub(crate) signature: String,
}

impl Case {
    pub(crate) fn new(provider: &'static Provider, size: &Size) -> Self {
        let now = SystemTime::now();
        let seconds = now.duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
        let body = event(size.bytes);
        // What precedes the body in the signed text, and the signature in its header.
        let (before_body, before_signature) = match provider.name() {
            "plain" => (String::new(), ""),
            "github" => (String::new(), "sha256="),
            "stripe" => (format!("{seconds}."), "v1="),
            "standard-webhooks" => (format!("{ID}.{seconds}."), "v1,"),
            "slack" => (format!("v0:{seconds}:"), "v0="),
            "discord" => (seconds.to_string(), ""),
            name => panic!("what does {name} sign?"),
        };
        let (private, secret) = if is_ed25519(provider) {
            let public = SigningKey::from_bytes(&SEED).verifying_key();
            (hex::encode(SEED), hex::encode(public.as_bytes()))
        } else {
            (SECRET.to_owned(), SECRET.to_owned())
        };
        let outgoing = RequestToSign::new(body.as_bytes()).id(ID).at(now);
        let signed = provider.sign(&Secret::new(private), &outgoing).expect("a secret");
        let mut headers = signed.headers;
        for (name, value) in AROUND {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let sent = headers[provider.scheme_info().signature_header].to_str().expect("a text");
        let (_, signature) = sent.split_once(before_signature).expect("a signature");
        let signature = signature.to_owned();
        let signed = format!("{before_body}{body}");
        Self { provider, secret, headers, body, now, signed, signature }
    }

    pub(crate) fn request(&self) -> SignedRequest<'_> {
        SignedRequest {
            method: "POST",
            url: "",
            headers: &self.headers,
            query: "",
            body: self.body.as_bytes(),
        }
    }

    /// The key of the HMAC.
    pub(crate) fn key(&self) -> Vec<u8> {
        match self.secret.strip_prefix("whsec_") {
            Some(encoded) if self.is_base64() => Base64::decode_vec(encoded).expect("base64"),
            _ => self.secret.clone().into_bytes(),
        }
    }

    /// The bytes of the signature.
    pub(crate) fn decoded<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        if self.is_base64() {
            Base64::decode(&self.signature, buffer).ok()
        } else {
            base16ct::lower::decode(&self.signature, buffer).ok()
        }
    }

    fn is_base64(&self) -> bool {
        self.provider.name() == STANDARD_WEBHOOKS.name()
    }

    pub(crate) fn is_ed25519(&self) -> bool {
        is_ed25519(self.provider)
    }
}

fn is_ed25519(provider: &Provider) -> bool {
    provider.name() == DISCORD.name()
}

/// An event as Stripe sends it, so that Stripe's crate can read it, of exactly so many bytes.
fn event(bytes: usize) -> String {
    const BEFORE: &str = concat!(
        r#"{"id":"evt_1","object":"event","api_version":null,"created":1760000000,"#,
        r#""livemode":false,"pending_webhooks":1,"request":null,"type":"benchmark","#,
        r#""data":{"object":{"lines":["#,
    );
    const LINE: &str = r#"{"object":"line_item","amount":1999,"currency":"usd","quantity":1},"#;
    const AFTER: &str = r#"""]}}}"#;
    let room = bytes - BEFORE.len() - AFTER.len();
    let lines = LINE.repeat(room / LINE.len());
    let padding = "-".repeat(room % LINE.len());
    let (quote, end) = AFTER.split_at(1);
    format!("{BEFORE}{lines}{quote}{padding}{end}")
}
