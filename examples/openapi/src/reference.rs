//! The document, and the page that shows it. The page needs nothing from elsewhere: its script and its
//! stylesheet are part of the program.

use axum::{
    Router,
    http::{HeaderName, header},
    response::IntoResponse,
    routing::get,
};
use serde_json::Value;

/// Nothing but the files of this program, and no page around this one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes of the document and of the page.
pub(crate) fn routes(document: &Value) -> Router {
    let document = format!("{document:#}\n");
    let page = include_str!("../assets/reference.html");
    let script = include_str!("../assets/reference.js");
    let style = include_str!("../assets/reference.css");
    Router::new()
        .route("/openapi.json", get(move || async move { file("application/json", document) }))
        .route("/", get(move || async move { file("text/html; charset=utf-8", page) }))
        .route("/reference.js", get(move || async move { file("text/javascript", script) }))
        .route("/reference.css", get(move || async move { file("text/css", style) }))
}

/// One file, for browsers that believe its type.
fn file(content_type: &'static str, text: impl IntoResponse) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text)
}
