//! A genuine delivery as somebody may have recorded it, and an endpoint with an inbox that takes it.

use std::{cell::RefCell, fmt, time::SystemTime};

use axum::{Router, body::Body};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt as _;
use webhook_runtime::{
    __private::{HandlerFuture, HandlerInput},
    Delivery, Endpoint, Inbox, Provider, Secret, Webhook, Webhooks,
    inbox::Filter,
    scheme::RequestToSign,
    webhook,
};

use crate::{
    bodies::FORM,
    runner::{
        endpoint::Keys,
        keys::pairs,
        lines::Vector,
        random::{Random, secret},
    },
};

const ORIGIN: &str = "https://hooks.example.com";

/// A request whose parts can be changed.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, target, headers, body } = self;
        let kind = headers.get(header::CONTENT_TYPE);
        let shown = format!("{method} {target} {kind:?} {}", body.escape_ascii());
        f.pad(&shown)
    }
}

impl Request {
    pub(crate) fn is_form(&self) -> bool {
        self.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == FORM)
    }

    /// The body as text; it is ASCII.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A genuine delivery.
pub(crate) struct Recorded {
    pub(crate) provider: &'static Provider,
    pub(crate) request: Request,
    secrets: Vec<Secret>,
    keys: Keys,
    now: SystemTime,
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}

impl Recorded {
    pub(crate) fn new(
        provider: &'static Provider,
        (content_type, body): (&'static str, String),
        random: &mut Random,
        now: SystemTime,
    ) -> Self {
        let (private, secret) = if let Some([pair, _]) = pairs(provider) {
            (pair.private, pair.public)
        } else {
            let secret = secret(provider, random);
            (secret.clone(), secret)
        };
        let target = match random.below(3) {
            0 => "/hook/a".to_owned(),
            1 => format!("/hook/a?a={}", random.word(4)),
            _ => format!("/hook/a?u=https%3A%2F%2Fa.example%2F{}&b=c'd", random.word(4)),
        };
        let (id, url) = (format!("msg_{}", random.word(20)), format!("{ORIGIN}{target}"));
        let mut outgoing = RequestToSign::new(body.as_bytes()).id(&id).at(now).url(&url);
        outgoing.form = content_type == FORM;
        let signed = provider
            .sign(&private, &outgoing)
            .unwrap_or_else(|error| panic!("{}: {error}: {body}", provider.name()));
        let target = signed.url_to_send(&target);
        let mut headers = signed.headers;
        // A signer that makes a form says so.
        headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
        for field in [provider.id(), provider.event()].into_iter().flatten() {
            if let webhook_runtime::Field::Header(name) = field {
                headers.entry(name).or_insert(HeaderValue::from_static("recorded"));
            }
        }
        let request = Request { method: "POST", target, headers, body: signed.body.into_owned() };
        Self { provider, request, secrets: vec![secret], keys: Keys::default(), now }
    }

    /// The request of a vector file, for providers that sign with keys that only they have. They
    /// must not sign the URL.
    pub(crate) fn of_vector(provider: &'static Provider, vector: &Vector) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in vector.headers() {
            let name = HeaderName::try_from(name).expect("a name");
            headers.append(name, HeaderValue::from_str(&value).expect("a value"));
        }
        let request =
            Request { method: "POST", target: "/hook/a".to_owned(), headers, body: vector.body() };
        let (secrets, keys) = (vector.secrets(provider), Keys::new(vector.published()));
        Self { provider, request, secrets, keys, now: vector.now() }
    }
}

/// What the handler takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    /// The whole delivery.
    Whole,
    /// A decoded payload: each event of a batch by itself.
    Decoded,
}

/// An endpoint with an inbox.
pub(crate) struct Target {
    router: Router,
    inbox: Inbox,
}

#[webhook(path = "/hook/{at}", inbox)]
async fn whole(_: &Delivery) {}

#[webhook(path = "/hook/{at}", inbox)]
async fn decoded(_: Value) {}

thread_local! {
    /// The endpoint that is being mounted, since the attribute takes only constants.
    static ENDPOINT: RefCell<Option<Endpoint>> = const { RefCell::new(None) };
}

struct Mounted;

impl Webhook<()> for Mounted {
    fn endpoint() -> Endpoint {
        ENDPOINT.with_borrow(Clone::clone).expect("it is being mounted")
    }

    fn call(verified: HandlerInput<()>) -> HandlerFuture {
        <whole as Webhook<()>>::call(verified)
    }
}

impl Target {
    pub(crate) fn new(recorded: &Recorded, handler: Handler) -> Self {
        let endpoint = match handler {
            Handler::Whole => <whole as Webhook<()>>::endpoint(),
            Handler::Decoded => <decoded as Webhook<()>>::endpoint(),
        };
        ENDPOINT.set(Some(endpoint.provider(recorded.provider)));
        let inbox = Inbox::builder("").open_in_memory().expect("right");
        let router = Webhooks::new()
            .mount::<Mounted>()
            .secrets::<Mounted>(recorded.secrets.clone())
            .key_source(recorded.keys.clone())
            .clock(recorded.now)
            .verify_token::<Mounted>(Secret::new("verify"))
            .public_url(ORIGIN)
            .inbox(inbox.clone())
            .into_router()
            .expect("it starts");
        Self { router, inbox }
    }

    pub(crate) async fn send(&self, request: &Request) -> StatusCode {
        let mut sent = http::Request::new(Body::from(request.body.clone()));
        *sent.method_mut() = request.method.parse().expect("a method");
        // What cannot be sent is refused by the server.
        let Ok(target) = request.target.parse() else { return StatusCode::BAD_REQUEST };
        *sent.uri_mut() = target;
        *sent.headers_mut() = request.headers.clone();
        self.router.clone().oneshot(sent).await.expect("infallible").status()
    }

    /// The number of deliveries that are stored.
    pub(crate) async fn stored(&self) -> usize {
        self.inbox.list(Filter::all()).collect().await.expect("it can be read").len()
    }
}
