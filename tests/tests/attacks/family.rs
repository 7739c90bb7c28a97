//! The attacked schemes, one of every family. Each has a genuine delivery from
//! `tests/vectors/signatures.jsonl`, signed by other code than ours.

use std::time::{Duration, UNIX_EPOCH};

use base64ct::{Base64, Encoding as _};
use serde_json::Value;
use webhook_runtime::{
    Delivery, Secret, Webhooks,
    providers::{
        ADYEN, DISCORD, GITHUB, INTERCOM, LINEAR, MAILGUN, MONDAY, POSTMARK, SENDGRID, SHOPIFY,
        SLACK, SQUARE, STANDARD_WEBHOOKS, STRIPE, TELEGRAM, TWILIO, TWITCH,
    },
    testing::TestClock,
    webhook,
};

use crate::{server::Server, wire::Request};

const VECTORS: &str = include_str!("../../vectors/signatures.jsonl");

/// The body limit of these endpoints.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// The encoding of a tag.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Hex,
    Base64,
    Text,
    /// Not in a header of its own.
    Inside,
}

impl Written {
    pub(crate) fn decode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Hex => base16ct::lower::decode_vec(text).unwrap(),
            Self::Base64 => Base64::decode_vec(text).unwrap(),
            Self::Text | Self::Inside => text.as_bytes().to_vec(),
        }
    }

    pub(crate) fn encode(self, tag: &[u8]) -> Vec<u8> {
        match self {
            Self::Hex => base16ct::lower::encode_string(tag).into_bytes(),
            Self::Base64 => Base64::encode_string(tag).into_bytes(),
            Self::Text | Self::Inside => tag.to_vec(),
        }
    }
}

/// The description of a family, for its attackers.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    /// The signature's header, and the prefix of the tag.
    pub(crate) header: &'static str,
    pub(crate) behind: &'static str,
    pub(crate) written: Written,
    /// The required headers.
    pub(crate) needs: &'static [&'static str],
    /// True if the signature covers the whole body.
    pub(crate) signs_body: bool,
}

/// A served endpoint, with a genuine delivery.
pub(crate) struct Target {
    pub(crate) family: Family,
    pub(crate) server: Server,
    pub(crate) genuine: Request,
}

macro_rules! families {
    ($($name:ident $provider:ident $path:literal: $header:literal $behind:literal $written:ident
       $needs:tt $signs_body:literal;)*) => {
        $(
            #[webhook(path = $path, provider = $provider, max_body = MAX_BODY)]
            async fn $name(_: &Delivery) {}
        )*

        /// Serves an endpoint of each family.
        pub(crate) async fn all() -> Vec<Target> {
            let mut all = Vec::new();
            $({
                let family = Family {
                    name: $provider.name(),
                    header: $header,
                    behind: $behind,
                    written: Written::$written,
                    needs: &$needs,
                    signs_body: $signs_body,
                };
                let (vector, hooks) = (vector(family.name), Webhooks::new().mount::<$name>());
                let secret = Secret::new(text(&vector, "secret"));
                let hooks = configured(hooks.secrets::<$name>([secret]), &vector);
                let target = Target {
                    family,
                    server: Server::start(hooks).await,
                    genuine: request(&vector),
                };
                target.believes().await;
                all.push(target);
            })*
            all
        }
    };
}

families! {
    // HMAC over the body: in hex behind a prefix, in base64, with SHA-1.
    github GITHUB "/github": "x-hub-signature-256" "sha256=" Hex ["x-hub-signature-256"] true;
    shopify SHOPIFY "/shopify": "x-shopify-hmac-sha256" "" Base64 ["x-shopify-hmac-sha256"] true;
    intercom INTERCOM "/intercom": "x-hub-signature" "sha1=" Hex ["x-hub-signature"] true;
    // HMAC over the time and the body: in one header, in two, in the body, with an id.
    stripe STRIPE "/stripe": "stripe-signature" "v1=" Hex ["stripe-signature"] true;
    slack SLACK "/slack/events": "x-slack-signature" "v0=" Hex
        ["x-slack-signature", "x-slack-request-timestamp"] true;
    linear LINEAR "/linear": "linear-signature" "" Hex ["linear-signature"] true;
    standard STANDARD_WEBHOOKS "/standard-webhooks": "webhook-signature" "v1," Base64
        ["webhook-id", "webhook-timestamp", "webhook-signature"] true;
    twitch TWITCH "/twitch": "twitch-eventsub-message-signature" "sha256=" Hex [
        "twitch-eventsub-message-id",
        "twitch-eventsub-message-timestamp",
        "twitch-eventsub-message-signature",
    ] true;
    // HMAC with the URL.
    square SQUARE "/webhook": "x-square-hmacsha256-signature" "" Base64
        ["x-square-hmacsha256-signature"] true;
    twilio TWILIO "/myapp.php": "x-twilio-signature" "" Base64 ["x-twilio-signature"] false;
    // Public keys.
    discord DISCORD "/discord": "x-signature-ed25519" "" Hex
        ["x-signature-ed25519", "x-signature-timestamp"] true;
    sendgrid SENDGRID "/sendgrid": "x-twilio-email-event-webhook-signature" "" Base64 [
        "x-twilio-email-event-webhook-signature",
        "x-twilio-email-event-webhook-timestamp",
    ] true;
    // A JSON web token, a signature inside the body, a token and a password.
    monday MONDAY "/endpoint": "authorization" "" Text [] false;
    mailgun MAILGUN "/mailgun": "" "" Inside [] false;
    adyen ADYEN "/adyen": "" "" Inside [] false;
    telegram TELEGRAM "/telegram": "x-telegram-bot-api-secret-token" "" Text
        ["x-telegram-bot-api-secret-token"] false;
    postmark POSTMARK "/postmark": "authorization" "Basic " Base64 ["authorization"] false;
}

impl Target {
    /// Asserts that the genuine delivery is accepted: otherwise the rejections prove nothing.
    pub(crate) async fn believes(&self) {
        let before = self.server.effects();
        let answer = self.server.client().ask(&self.genuine).await;
        assert!((200..300).contains(&answer.status), "{}: {answer:?}", self.family.name);
        assert_eq!(self.server.effects(), before + 1, "{}", self.family.name);
    }

    /// The genuine delivery with another signature header.
    pub(crate) fn signed_by(&self, value: impl AsRef<[u8]>) -> Request {
        self.genuine.clone().set(self.family.header, value)
    }

    /// The text before the tag, and the tag.
    pub(crate) fn signature(&self) -> (String, Vec<u8>) {
        let Family { header, behind, written, .. } = self.family;
        let value = self.genuine.header(header);
        let start = value.find(behind).unwrap() + behind.len();
        (value[..start].to_owned(), written.decode(&value[start..]))
    }

    /// The genuine delivery with another tag.
    pub(crate) fn tagged(&self, tag: &[u8]) -> Request {
        let (before, _) = self.signature();
        self.signed_by([before.as_bytes(), &self.family.written.encode(tag)].concat())
    }

    pub(crate) async fn refuses(&self, what: &str, request: &Request) {
        self.server.refuses(self.family.name, what, request, &[401]).await;
    }
}

fn vector(provider: &str) -> Value {
    let vectors = VECTORS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    // Discord's ping is answered without a handler.
    let ping = Base64::encode_string(br#"{"type":1}"#);
    let mut genuine = vectors.filter(|vector| {
        vector["provider"] == provider
            && vector["expect"] == "accept"
            && vector["body_base64"] != *ping
    });
    genuine.next().unwrap_or_else(|| panic!("a delivery of {provider}"))
}

fn text(vector: &Value, member: &str) -> String {
    vector[member].as_str().unwrap().to_owned()
}

/// Splits a URL into its origin and the rest.
fn split(url: &str) -> (&str, &str) {
    let host = url.find("://").unwrap() + 3;
    url.split_at(host + url[host..].find('/').unwrap())
}

fn configured(hooks: Webhooks, vector: &Value) -> Webhooks {
    let now = UNIX_EPOCH + Duration::from_secs(vector["now"].as_u64().unwrap());
    let url = text(vector, "url");
    hooks.public_url(split(&url).0).clock(TestClock::new(now))
}

fn request(vector: &Value) -> Request {
    let url = text(vector, "url");
    let body = Base64::decode_vec(&text(vector, "body_base64")).unwrap();
    let mut request = Request::post(split(&url).1, body);
    for (name, value) in vector["headers"].as_object().unwrap() {
        request = request.with(name, value.as_str().unwrap());
    }
    request
}
