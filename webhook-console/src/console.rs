//! The console and its routes.

use std::sync::Arc;

use axum::{
    Router,
    extract::{OriginalUri, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::{
    HeaderName, HeaderValue,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
        X_FRAME_OPTIONS,
    },
    uri::PathAndQuery,
};
use tokio::sync::Semaphore;
use webhook_runtime::Inbox;

use crate::{
    access::Access,
    assets,
    changes::Changes,
    figures::Figures,
    screens::{
        change, confirm, deliveries, delivery, endpoint, events, overview, pause, refusal, single,
        system,
    },
    token::Tokens,
    view::{Shared, View},
};

/// The headers of every response. Pages load nothing from other sites, run no inline code, cannot be
/// framed, and are not cached.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
             connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// An operator's console for an inbox: a router to mount anywhere. It serves nothing before you mount it.
///
/// ```no_run
/// use webhook_console::{Access, Console};
/// use webhook_runtime::Inbox;
///
/// # fn mount(inbox: Inbox) -> Result<axum::Router, webhook_console::AccessError> {
/// let access = Access::basic_env("CONSOLE_USER", "CONSOLE_PASSWORD")?;
/// let console = Console::new(inbox, access).title("payments production");
/// let app = axum::Router::new().nest("/console", console.into_router());
/// # Ok(app)
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a console is mounted by `into_router`"]
pub struct Console {
    inbox: Inbox,
    access: Access,
    title: Option<String>,
}

impl Console {
    /// Creates a console for an inbox.
    pub fn new(inbox: Inbox, access: Access) -> Self {
        Self { inbox, access, title: None }
    }

    /// Sets a title that every page shows, such as `payments production`, so that nobody acts on the wrong
    /// inbox.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Builds the router. All of its links are relative: nest it at any path, also behind a proxy that
    /// removes a prefix.
    ///
    /// Its tokens, bulk changes and the list of recent changes are in the memory of this process: with
    /// several processes behind one address, use sticky sessions.
    ///
    /// Streams refresh open pages, and end within ten minutes. [`Webhooks::serve`] ends them when it is told
    /// to stop. A program with its own server calls [`Inbox::set_draining`] before it waits for open
    /// requests.
    ///
    /// [`Webhooks::serve`]: webhook_runtime::Webhooks
    ///
    /// # Panics
    /// If the operating system has no random numbers.
    pub fn into_router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let Self { inbox, access, title } = self;
        let (tokens, changes) = (Tokens::new(), Changes::new());
        let figures = Figures::new(inbox.clone());
        let streams = Arc::new(Semaphore::new(events::MAX_STREAMS));
        let shared = Arc::new(Shared { inbox, access, title, tokens, changes, figures, streams });
        Router::new()
            .route("/", get(overview::show))
            .route("/deliveries", get(deliveries::show))
            .route("/deliveries/{id}", get(delivery::show))
            .route("/deliveries/{id}/body", post(delivery::show_body))
            .route("/deliveries/{id}/{action}", post(single::run))
            .route("/endpoints/{name}", get(endpoint::show))
            .route("/endpoints/{name}/pause", get(pause::show).post(pause::pause))
            .route("/endpoints/{name}/resume", post(pause::resume))
            .route("/system", get(system::show))
            .route("/changes/confirm", post(confirm::show))
            .route("/changes", post(change::begin))
            .route("/changes/{number}", get(change::show))
            .route("/changes/{number}/stop", post(change::stop))
            .route("/events", get(events::stream))
            .fallback(refusal::not_found)
            .method_not_allowed_fallback(refusal::wrong_method)
            .layer(from_fn_with_state(Arc::clone(&shared), enter))
            // Behind no access: assets have no data, and a browser may fetch them before it signs in.
            .route("/assets/{name}", get(assets::serve))
            .layer(from_fn(protect))
            .with_state(())
    }
}

/// Lets viewers with access in.
async fn enter(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(viewer) = shared.access.viewer(&parts) else {
        return refusal::no_access(&shared.access);
    };
    let outside = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let inside = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let view = View::new(Arc::clone(&shared), viewer, &parts.method, inside, outside.path());
    parts.extensions.insert(view);
    next.run(Request::from_parts(parts, body)).await
}

/// Adds the headers that protect a page.
async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await.into_response();
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}
