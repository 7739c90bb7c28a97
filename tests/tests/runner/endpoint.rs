//! An endpoint of any provider, mounted and served.

use std::{
    cell::RefCell,
    future::IntoFuture as _,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::State};
use bytes::Bytes;
use http::Uri;
use tokio::net::TcpListener;
use webhook_runtime::{
    __private::{HandlerFuture, HandlerInput},
    Delivery, Endpoint, KeySource, Provider, SourceError, Webhook, Webhooks,
    scheme::KeyRequest,
    webhook,
};

use super::{
    http::{Answer, Request, send},
    lines::Published,
};

/// The largest body that a vector may have.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// The bodies that the handler received.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<tokio::sync::Mutex<Vec<Bytes>>>);

impl Seen {
    pub(crate) async fn bodies(&self) -> Vec<Bytes> {
        self.0.lock().await.clone()
    }
}

/// Accepts any genuine delivery.
#[webhook(path = "/")]
async fn any_delivery(State(seen): State<Seen>, delivery: &Delivery) {
    seen.0.lock().await.push(delivery.body().clone());
}

thread_local! {
    /// The endpoint that is being mounted.
    static ENDPOINT: RefCell<Option<Endpoint>> = const { RefCell::new(None) };
}

/// [`any_delivery`] with the provider and the path of one line, since the attribute takes only
/// constants.
pub(crate) struct Mounted;

impl Webhook<Seen> for Mounted {
    fn endpoint() -> Endpoint {
        ENDPOINT.with_borrow(Clone::clone).expect("it is being mounted")
    }

    fn call(verified: HandlerInput<Seen>) -> HandlerFuture {
        <any_delivery as Webhook<Seen>>::call(verified)
    }
}

/// Everything that a provider's endpoint may need.
pub(crate) fn webhooks(provider: &'static Provider, url: &Uri, published: &Keys) -> Webhooks<Seen> {
    // Braces in the path would be parameters.
    let path = url.path().replace('{', "{{").replace('}', "}}");
    let endpoint = Endpoint::new("any_delivery", module_path!(), path.leak())
        .provider(provider)
        .max_body(MAX_BODY);
    ENDPOINT.set(Some(endpoint));
    let origin = format!(
        "{}://{}",
        url.scheme_str().unwrap_or("https"),
        url.authority().map_or("hooks.example.com", http::uri::Authority::as_str)
    );
    Webhooks::new().mount::<Mounted>().public_url(origin).key_source(published.clone())
}

/// Serves keys from the line itself, and records the visited URLs.
#[derive(Clone, Default)]
pub(crate) struct Keys {
    published: Published,
    visited: Arc<Mutex<Vec<String>>>,
}

impl Keys {
    pub(crate) fn new(published: Published) -> Self {
        Self { published, visited: Arc::default() }
    }

    pub(crate) fn get(&self, key: &KeyRequest) -> Option<&str> {
        match key {
            KeyRequest::Url(url) => self.published.urls.get(url.as_ref()),
            KeyRequest::Id(id) => self.published.ids.get(id),
            KeyRequest::InSet { id, .. } => {
                let named = || self.published.ids.get(id.as_deref()?);
                self.published.set.as_ref().or_else(named)
            }
            _ => None,
        }
        .map(String::as_str)
    }

    pub(crate) fn visited(&self) -> Vec<String> {
        self.visited.lock().expect("nobody panicked").clone()
    }
}

impl KeySource for Keys {
    async fn fetch(&self, key: &KeyRequest) -> Result<Bytes, SourceError> {
        self.get(key).map(|key| Bytes::from(key.to_owned())).ok_or(SourceError::NotFound)
    }

    async fn confirm_subscription(&self, url: &str) -> Result<(), SourceError> {
        self.visited.lock().expect("nobody panicked").push(url.to_owned());
        Ok(())
    }
}

/// Serves `router` on a free port for this request.
pub(crate) async fn ask(router: Router, request: &Request<'_>) -> Result<Answer, String> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .map_err(|error| format!("no port to listen on: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let server = tokio::spawn(axum::serve(listener, router).into_future());
    let answer = send(address, request).await;
    server.abort();
    answer
}
