//! Asks a router, without a socket.

use axum::{Router, body::Body, response::Response};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt as _;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

/// A router, and what runs it.
pub(crate) struct Wire {
    runtime: Runtime,
    router: Router,
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    pub(crate) fn new(router: Router) -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        Self { runtime, router }
    }

    pub(crate) fn ask(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let response: Response = match self.router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let (parts, body) = response.into_parts();
            let body = body.collect().await.expect("a body that does not break off").to_bytes();
            Answer { status: parts.status, headers: parts.headers, body: body.to_vec() }
        })
    }

    /// The answer to a POST.
    pub(crate) fn post(&self, path: &str, headers: HeaderMap, body: Vec<u8>) -> Answer {
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = path.parse().expect("a path");
        *request.headers_mut() = headers;
        self.ask(request)
    }
}

impl Answer {
    pub(crate) fn content_type(&self) -> &[u8] {
        self.headers.get("content-type").map_or(b"", HeaderValue::as_bytes)
    }
}
