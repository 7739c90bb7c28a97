//! The whole way of a request, from its first header to the answer: no panic, nothing of 5xx, and
//! nothing of 2xx but for what is genuine.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    time::{Duration, UNIX_EPOCH},
};

use axum::{Router, body::Body};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use webhook_runtime::{
    Delivery, Provider, Secret, Webhooks,
    providers::{
        ADYEN, GITHUB, GITLAB, LINEAR, LIVEKIT, MANDRILL, META, MICROSOFT_GRAPH, POSTMARK, SLACK,
        SQUARE, STANDARD_WEBHOOKS, STRIPE, TWILIO, WOOCOMMERCE, ZOOM,
    },
    scheme::RequestToSign,
    webhook,
};

use crate::{
    input::Input,
    wire::{Answer, Wire},
};

const NOW: u64 = 1_760_000_000;
const ORIGIN: &str = "https://hooks.example";

thread_local! {
    /// The bodies that reached a handler.
    static SEEN: RefCell<Vec<Vec<u8>>> = RefCell::default();
    static WIRE: Wire = Wire::new(router());
}

macro_rules! endpoints {
    ($($name:ident $path:literal $provider:ident $secret:literal;)*) => {
        $(
            #[webhook(path = $path, provider = $provider)]
            async fn $name(delivery: &Delivery) {
                seen(delivery);
            }
        )*

        const ENDPOINTS: &[Endpoint] =
            &[$(Endpoint { path: $path, provider: &$provider, secret: $secret }),*];

        fn router() -> Router {
            Webhooks::new()
                $(.mount::<$name>().secrets::<$name>([Secret::new($secret)]))*
                .verify_token::<meta>(Secret::new("v3rify-t0ken"))
                .public_url(ORIGIN)
                .clock(UNIX_EPOCH + Duration::from_secs(NOW))
                .into_router()
                .expect("endpoints that can be mounted")
        }
    };
}

endpoints! {
    github "/github" GITHUB "gh-51b0";
    stripe "/stripe" STRIPE "whsec_51b1";
    slack "/slack" SLACK "51b2";
    standard "/standard" STANDARD_WEBHOOKS "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4";
    square "/square" SQUARE "51b4";
    gitlab "/gitlab" GITLAB "51b5";
    postmark "/postmark" POSTMARK "user:51b6";
    twilio "/twilio" TWILIO "51b7";
    mandrill "/mandrill" MANDRILL "51b8";
    linear "/linear" LINEAR "51b9";
    livekit "/livekit" LIVEKIT "key:51ba";
    meta "/meta" META "51bb";
    adyen "/adyen" ADYEN "51bc51bc";
    graph "/graph" MICROSOFT_GRAPH "51bd";
    woo "/woo" WOOCOMMERCE "51be&amp;";
    zoom "/zoom" ZOOM "51bf";
}

struct Endpoint {
    path: &'static str,
    provider: &'static Provider,
    secret: &'static str,
}

fn seen(delivery: &Delivery) {
    // What identifies a delivery is read from what a sender wrote.
    let _ = (delivery.id(), delivery.event(), delivery.action(), format!("{delivery:?}"));
    SEEN.with_borrow_mut(|seen| seen.push(delivery.body().to_vec()));
}

/// What was signed.
struct Genuine {
    url: String,
    headers: HeaderMap,
    body: Vec<u8>,
    is_form: bool,
}

/// Judges the answer to a request that is genuine, has been changed, or never was.
pub fn judge(data: &[u8]) {
    let input = &mut Input::new(data);
    let endpoint = &ENDPOINTS[input.below(ENDPOINTS.len())];
    let kind = input.below(4);
    let genuine = (kind != 0).then(|| signed(input, endpoint)).flatten();
    let mut method = Method::POST;
    let mut target = endpoint.path.to_owned();
    let (mut headers, mut body) = (HeaderMap::new(), Vec::new());
    if let Some(genuine) = &genuine {
        genuine.url[ORIGIN.len()..].clone_into(&mut target);
        headers = genuine.headers.clone();
        body.clone_from(&genuine.body);
    }
    let is_changed = kind != 1 || genuine.is_none();
    if is_changed {
        while {
            change(input, &mut method, &mut target, &mut headers, &mut body);
            input.is()
        } {}
    }
    let Ok(uri) = target.parse::<Uri>() else { return };
    // A fragment is not sent.
    let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let mut request = Request::new(Body::from(body.clone()));
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = headers.clone();

    SEEN.take();
    let answer = WIRE.with(|wire| wire.ask(request));
    let seen = SEEN.take();
    let told = || format!("{method} {target:?} {headers:?} {body:?}: {answer:?}");
    assert!(!answer.status.is_server_error(), "{}", told());
    if let Some(genuine) = &genuine
        && !is_changed
    {
        assert!(answer.status.is_success(), "a genuine delivery is refused: {}", told());
        assert!(seen.len() <= 1 && genuine.body == body, "{}", told());
    }
    if seen.is_empty() {
        if answer.status.is_success() {
            assert!(is_handshake(&target, &answer), "{}", told());
        }
        return;
    }
    assert!(seen == [body.clone()] && answer.status.is_success(), "{seen:?}: {}", told());
    let right =
        genuine.as_ref().is_some_and(|genuine| genuine.still(endpoint, &target, &headers, &body));
    let credential =
        endpoint.provider.scheme().is_some_and(|s| matches!(s.algorithm(), "token" | "basic auth"));
    // Whoever knows a token can send what he likes.
    let knows = headers.values().any(|value| {
        let value = value.as_bytes();
        value == endpoint.secret.as_bytes() || value == b"Basic dXNlcjo1MWI2"
    });
    let in_body = matches!(endpoint.path, "/graph")
        && body.windows(4).any(|bytes| bytes == endpoint.secret.as_bytes());
    assert!(right || credential && knows || in_body, "not genuine, but accepted: {}", told());
}

impl Genuine {
    /// Whether what is signed is still there.
    fn still(&self, endpoint: &Endpoint, target: &str, headers: &HeaderMap, body: &[u8]) -> bool {
        let traits = endpoint.provider.scheme_info();
        let same_url = !traits.signs_url
            || target == &self.url[ORIGIN.len()..]
            // Nobody can tell what belongs to the URL and what to the body, or to a form's fields.
            || traits.signs_body;
        let same_body = match endpoint.path {
            "/twilio" | "/mandrill" => {
                let distinct = endpoint.path == "/twilio";
                let fields = |url: &str, body: &[u8]| format!("{url}{}", fields(body, distinct));
                self.is_form
                    && fields(&self.url, &self.body) == fields(&format!("{ORIGIN}{target}"), body)
                    || self.body == body
            }
            "/square" => {
                let signed = [self.url.as_bytes(), &self.body].concat();
                signed == [ORIGIN.as_bytes(), target.as_bytes(), body].concat()
            }
            // Fields of the items are signed, and no more.
            "/adyen" => true,
            _ => !traits.signs_body || self.body == body,
        };
        let name = traits.signature_header;
        let same_signature = name.is_empty() || {
            let sent = headers.get(name).map(HeaderValue::as_bytes);
            let signed = self.headers.get(name).map(HeaderValue::as_bytes);
            match (sent, signed) {
                // Others may stand beside it.
                (Some(sent), Some(signed)) => match endpoint.path {
                    "/stripe" => contains(sent, &signed[signed.len() - 64..]),
                    "/standard" => contains(sent, signed),
                    _ => sent == signed,
                },
                _ => false,
            }
        };
        same_url && same_body && same_signature
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The fields of a form, sorted and joined as Twilio and Mandrill say.
fn fields(body: &[u8], distinct: bool) -> String {
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        fields.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    let mut joined = String::new();
    for (name, mut values) in fields {
        if distinct {
            values.sort();
            values.dedup();
        }
        for value in values {
            joined += &name;
            joined += &value;
        }
    }
    joined
}

/// What may be answered by 2xx though no handler has run.
fn is_handshake(target: &str, answer: &Answer) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    let asks = matches!(path, "/slack" | "/meta" | "/graph" | "/woo" | "/mandrill" | "/zoom");
    let nosniff = answer.headers.get("x-content-type-options").is_some_and(|v| v == "nosniff");
    let harmless = answer.body.is_empty()
        || nosniff && !answer.content_type().starts_with(b"text/html") && answer.body.len() <= 4096;
    // A batch without events calls nobody.
    asks && harmless || path == "/adyen"
}

fn signed(input: &mut Input<'_>, endpoint: &Endpoint) -> Option<Genuine> {
    let mut url = format!("{ORIGIN}{}", endpoint.path);
    if input.is_rarely() {
        url += "?a=1&b=%20";
    }
    let is_form = match endpoint.path {
        "/mandrill" | "/twilio" => true,
        _ => input.is_rarely(),
    };
    let body = match endpoint.path {
        "/adyen" => format!(
            r#"{{"notificationItems":[{{"NotificationRequestItem":{{"pspReference":{:?}}}}}]}}"#,
            input.byte()
        )
        .into_bytes(),
        "/graph" => br#"{"value":[{"id":1}]}"#.to_vec(),
        "/linear" => {
            format!(r#"{{"webhookTimestamp":{NOW}000,"x":{}}}"#, input.byte()).into_bytes()
        }
        _ => input.bytes().to_vec(),
    };
    let at = UNIX_EPOCH + Duration::from_secs(NOW);
    let mut outgoing = RequestToSign::new(&body).url(&url).at(at).id("msg_1");
    outgoing.form = is_form;
    let sent = endpoint.provider.sign(&Secret::new(endpoint.secret), &outgoing).ok()?;
    let (mut headers, body) = (sent.headers, sent.body.into_owned());
    let content_type =
        if is_form { "application/x-www-form-urlencoded" } else { "application/json" };
    headers.insert("content-type", HeaderValue::from_static(content_type));
    Some(Genuine { url, headers, body, is_form })
}

fn change(
    input: &mut Input<'_>,
    method: &mut Method,
    target: &mut String,
    headers: &mut HeaderMap,
    body: &mut Vec<u8>,
) {
    match input.below(12) {
        0 => {
            let other = input.one_of(&["GET", "PUT", "HEAD", "OPTIONS", "DELETE", "post", "X"]);
            *method = other.parse().expect("a method");
        }
        1 => *target += &input.text(),
        2 => *target = format!("{}?{}", target.split('?').next().unwrap_or("/"), input.text()),
        3 | 4 => {
            // One of those that are there.
            let at = input.below(headers.len().max(1));
            let Some((name, value)) = headers.iter().nth(at) else { return };
            let (name, mut value) = (name.clone(), value.as_bytes().to_vec());
            let from = input.below(value.len().clamp(1, 256));
            match input.below(4) {
                0 => drop(headers.remove(name)),
                1 => drop(headers.append(name, HeaderValue::from_bytes(&value).expect("the same"))),
                2 if from < value.len() => {
                    value[from] = input.byte();
                    insert(headers, name, &value);
                }
                _ => {
                    let to = (from + input.below(16)).min(value.len());
                    value.splice(from.min(to)..to, input.bytes().iter().copied());
                    insert(headers, name, &value);
                }
            }
        }
        5 => {
            let name = input.one_of(&[
                "content-type",
                "content-length",
                "content-encoding",
                "authorization",
                "x-hub-signature-256",
                "stripe-signature",
                "x-slack-signature",
                "x-slack-request-timestamp",
                "webhook-id",
                "webhook-timestamp",
                "webhook-signature",
                "x-square-hmacsha256-signature",
                "x-gitlab-token",
                "x-twilio-signature",
                "x-twilio-webhooks-signature-settings",
                "x-mandrill-signature",
                "linear-signature",
                "x-wc-webhook-signature",
                "x-zm-signature",
                "x-zm-request-timestamp",
                "expect",
                "transfer-encoding",
                "x-github-event",
                "host",
            ]);
            let value = match input.below(4) {
                0 => b"application/x-www-form-urlencoded",
                1 => &b"gzip"[..],
                _ => input.bytes(),
            };
            insert(headers, HeaderName::from_static(name), value);
        }
        6 => {
            if let Ok(name) = HeaderName::from_bytes(input.bytes()) {
                insert(headers, name, input.bytes());
            }
        }
        7 if !body.is_empty() => {
            let at = input.below(body.len().min(256));
            body[at] ^= input.byte();
        }
        8 => body.push(input.byte()),
        9 => drop(body.pop()),
        10 => {
            *body = input
                .one_of(&[
                    &b"{\"challenge\":\"abc\",\"type\":\"url_verification\"}"[..],
                    b"webhook_id=1",
                    b"{\"value\":[{\"clientState\":\"\"}]}",
                    b"{\"value\":[]}",
                    b"{\"notificationItems\":[{\"NotificationRequestItem\":{}}]}",
                    b"{\"event\":\"endpoint.url_validation\",\"payload\":{\"plainToken\":\"q\"}}",
                ])
                .to_vec();
        }
        _ => *body = input.bytes().to_vec(),
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(value) {
        headers.insert(name, value);
    }
}
