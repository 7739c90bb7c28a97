//! Verifying a body takes little memory: no provider builds a tree of what anybody can send.
//!
//! The figures are the most that this thread had allocated during one verification, without the body
//! itself.

mod runner;

use allocation_counter::measure;
use http::{HeaderMap, HeaderValue, header};
use runner::{
    keys::pairs,
    random::{Random, secret},
    tell,
};
use webhook_runtime::{
    Provider, Secret,
    providers::ALL,
    scheme::{RequestToSign, SignedRequest},
};

/// The size of each body: the limit that endpoints have by default.
const SIZE: usize = 2 * 1024 * 1024;

/// The most that verification may take, in percent of the body.
const MOST: u64 = 300;

/// The providers that look into a body before they believe it.
const LOOKING: [&str; 15] = [
    "adyen",
    "alipay",
    "aws-sns",
    "braintree",
    "dropbox-sign",
    "figma",
    "gitea",
    "hubspot-v3",
    "infisical",
    "linear",
    "mailgun",
    "mandrill",
    "microsoft-graph",
    "plivo",
    "twilio",
];

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A text that begins and ends like this, with as many units between as fit.
fn filled(start: &str, unit: &str, end: &str) -> Vec<u8> {
    let count = (SIZE - start.len() - end.len()) / unit.len();
    format!("{start}{}{end}", unit.repeat(count)).into_bytes()
}

/// Texts for numbers, joined.
fn numbered(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

/// Bodies that are small for what a careless reader makes of them.
fn hostile_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let keys = numbered(SIZE / 10 - 8, |n| format!("\"{n:05x}\":0,"));
    let mut bodies = vec![
        ("objects", filled("[", "{\"\":0},", "0]")),
        ("many keys", filled(&format!("{{{keys}"), "\"a\":0,", "\"a\":0}")),
        ("one key again and again", filled("{", "\"\":0,", "\"\":0}")),
        ("depth of arrays", filled("", "[", "")),
        ("depth of objects", filled("", "{\"a\":", "")),
        ("one string", filled("\"", "x", "\"")),
        ("one string of escapes", filled("\"", "\\u00e4", "\"")),
        ("numbers", filled("[", "0,", "0]")),
        ("one long number", filled("", "9", "")),
        ("fields", filled("", "a&", "a=")),
        ("distinct fields", numbered(SIZE / 7, |n| format!("{n:06x}&")).into()),
        ("one field", filled("a=", "b", "")),
        ("plus signs", filled("a=", "+", "")),
        ("escaped letters", filled("a=", "%41", "")),
        ("escaped bytes", filled("a=", "%ff", "")),
        ("escaped names", filled("", "%41%42&", "=")),
        ("a long name", filled("", "%41", "=")),
        ("raw bytes", [&b"a="[..], &vec![0xff; SIZE - 2]].concat()),
        ("zeros", vec![0; SIZE]),
    ];
    for name in ["notificationItems", "value", "Message"] {
        let start = format!("{{\"{name}\":[");
        bodies.push(("items", filled(&start, "{\"\":0},", "0]}")));
        bodies.push(("numbers as items", filled(&start, "0,", "0]}")));
        bodies.push(("unfinished items", filled(&start, "[", "")));
        let start = format!("{{\"{name}\":\"");
        bodies.push(("a named string", filled(&start, "x", "\"}")));
        bodies.push(("a named string of escapes", filled(&start, "\\u00e4", "\"}")));
    }
    for name in ["payload", "mandrill_events", "token"] {
        for unit in ["%ff", "x"] {
            bodies.push(("a named field", filled(&format!("{name}="), unit, "")));
        }
    }
    for unit in ["%41", "PGE+", "%0A"] {
        let start = "bt_signature=public_key%7C00&bt_payload=";
        bodies.push(("a payload of Braintree", filled(start, unit, "")));
    }
    let of_item = |field: &str| {
        format!("{{\"notificationItems\":[{{\"NotificationRequestItem\":{{\"{field}\":\"")
    };
    bodies.push(("a signed field", filled(&of_item("pspReference"), "\\u0041", "\"}}]}")));
    bodies.push(("a long item", filled(&of_item("x"), "x", "\"}}]}")));
    let states = "{\"value\":[{\"clientState\":\"";
    for unit in ["%41", "x"] {
        bodies.push(("a form to verify", filled("sign=AAAA&sign_type=RSA2&a=", unit, "")));
    }
    let part = "--x\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n";
    let kind = format!("{part}{{\"event\":{{\"event_time\":\"1760000000\",\"event_type\":\"");
    let end = "\",\"event_hash\":\"\"}}\r\n--x--\r\n";
    bodies.push(("a part with a long string", filled(&kind, "\\u0041", end)));
    bodies.push(("parts", filled("--x\r\n", &part[5..], "--x--\r\n")));
    bodies.push(("empty parts", filled("", "--x\r\n", "--x--\r\n")));
    bodies.push(("line ends", filled("--x\r\n", "\r\n--", "")));
    bodies.push(("a long state", filled(states, "\\u0041", "\"}]}")));
    bodies
}

/// A signed request of the provider, whose body is replaced.
struct Case {
    provider: &'static Provider,
    secret: Secret,
    headers: HeaderMap,
    query: String,
}

impl Case {
    fn new(provider: &'static Provider) -> Self {
        let mut random = Random(3);
        let (private, secret) = if let Some([pair, _]) = pairs(provider) {
            (pair.private, pair.public)
        } else {
            let secret = secret(provider, &mut random);
            (secret.clone(), secret)
        };
        let of_form = RequestToSign::new(b"mandrill_events=%5B%5D").form();
        let of_json = RequestToSign::new(
            br#"{"notificationItems":[{"NotificationRequestItem":{}}],"value":[{}],"webhookTimestamp":1760000000000,"timestamp":1760000000000,"webhookMetadata":{"webhookDeliveryAttemptTimestamp":"2025-10-09T08:53:20Z"}}"#,
        );
        let signed = [of_json, of_form]
            .into_iter()
            .find_map(|request| provider.sign(&private, &request.url("https://a.example/b")).ok());
        // The others have their signature in the body, or cannot be made here.
        let (headers, query) =
            signed.map(|signed| (signed.headers, signed.query)).unwrap_or_default();
        Self { provider, secret, headers, query }
    }

    /// The most that verification takes, in percent of the body.
    fn peak(&self, body: &[u8]) -> u64 {
        let mut headers = self.headers.clone();
        // It decides only where the body does not show its format.
        let content_type = if body.contains(&b'=') { FORM } else { JSON };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        let url = "https://a.example/b?c=%3A";
        let request =
            SignedRequest { method: "POST", url, headers: &headers, query: &self.query, body };
        let verifier = self.provider.verifier(std::slice::from_ref(&self.secret)).expect("right");
        let verifier = verifier.with_identity();
        let now = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_760_000_000);
        let most = measure(|| {
            // Both are asked before anything is believed.
            let _ = self.provider.key_request(&request);
            let _ = verifier.verify(&request, Some(b"{}"), now);
        });
        most.bytes_max * 100 / u64::try_from(body.len()).expect("64 bits")
    }
}

#[test]
fn verification_takes_at_most_three_times_the_body() {
    let bodies = hostile_bodies();
    let (mut wrong, mut figures) = (Vec::new(), Vec::new());
    for provider in ALL {
        let case = Case::new(provider);
        let mut worst = (0, "nothing");
        for (name, body) in &bodies {
            assert!(body.len() <= SIZE && body.len() > SIZE - 64 * 1024, "{name}: {}", body.len());
            // The others hash what they get: some bodies are enough to see it.
            if !LOOKING.contains(&provider.name()) && !name.starts_with("one string") {
                continue;
            }
            let peak = case.peak(body);
            if peak > worst.0 {
                worst = (peak, *name);
            }
            if peak > MOST {
                wrong.push(format!("{}: {peak} % by {name}", provider.name()));
            }
        }
        figures.push((worst, provider.name()));
    }
    let (detailed, others): (Vec<_>, Vec<_>) =
        figures.into_iter().partition(|(_, name)| LOOKING.contains(name));
    for ((peak, body), name) in detailed {
        tell(&format!("{name}: at most {peak} % of the body ({body})"));
    }
    let most = others.iter().map(|((peak, _), _)| *peak).max().unwrap_or_default();
    tell(&format!("the other {} providers: at most {most} %", others.len()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
