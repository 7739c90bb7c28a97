//! The types that a handler may return.

use std::{borrow::Cow, fmt};

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use webhook_runtime::{Delivery, webhook};

use crate::right;

#[derive(Deserialize)]
struct Order<'a> {
    #[serde(borrow)]
    note: Cow<'a, str>,
}

/// A response that borrows from the delivery: it is made while that is there.
struct Borrowing<'a>(&'a str);

impl IntoResponse for Borrowing<'_> {
    fn into_response(self) -> Response {
        self.0.to_owned().into_response()
    }
}

/// Errors with the names of types that the framework knows.
mod own {
    use super::{IntoResponse, Response, StatusCode, fmt};

    #[derive(Debug)]
    pub(crate) struct Rejection;

    #[derive(Debug)]
    pub(crate) struct Delivery;

    #[derive(Debug)]
    pub(crate) struct Json<T>(pub(crate) T);

    impl fmt::Display for Rejection {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("rejected")
        }
    }

    impl std::error::Error for Rejection {}

    impl IntoResponse for Delivery {
        fn into_response(self) -> Response {
            (StatusCode::BAD_GATEWAY, "delivery").into_response()
        }
    }

    impl<T: Into<String>> IntoResponse for Json<T> {
        fn into_response(self) -> Response {
            (StatusCode::BAD_GATEWAY, self.0.into()).into_response()
        }
    }
}

type Outcome<T> = Result<T, own::Delivery>;

macro_rules! returns {
    ($($handler:ident($note:ident) -> $ty:ty $body:block)*) => { $(
        #[webhook(path = "/return")]
        #[allow(unused_variables, clippy::unused_async, reason = "some ignore the note")]
        async fn $handler($note: Order<'_>) -> $ty $body
    )* };
}

returns! {
    static_text(order) -> &'static str { "static" }
    static_bytes(order) -> &'static [u8] { b"bytes" }
    static_cow(order) -> Cow<'static, str> { order.note.into_owned().into() }
    owned(order) -> String { order.note.into_owned() }
    boxed(order) -> Box<str> { order.note.into() }
    status(order) -> (StatusCode, String) { (StatusCode::CREATED, order.note.into_owned()) }
    headers(order) -> ([(HeaderName, &'static str); 1], String) {
        ([(header::ETAG, "1")], order.note.into_owned())
    }
    html(order) -> Html<String> { Html(order.note.into_owned()) }
    opaque(order) -> impl IntoResponse { order.note.into_owned() }
    opaque_and_used(order) -> impl IntoResponse + use<'_> { Borrowing("used") }
    borrowing(order) -> Borrowing<'_> {
        match order.note { Cow::Borrowed(note) => Borrowing(note), Cow::Owned(_) => Borrowing("owned") }
    }
    response(order) -> Response { order.note.into_owned().into_response() }
    result(order) -> Result<String, StatusCode> { Ok(order.note.into_owned()) }
    own_rejection(order) -> Result<String, own::Rejection> { Ok(order.note.into_owned()) }
    own_delivery(order) -> Result<String, own::Delivery> { Err(own::Delivery) }
    own_json(order) -> Result<String, own::Json<&'static str>> { Err(own::Json("json")) }
    own_alias(order) -> Outcome<&'static str> { Ok("alias") }
    borrowed_error(order) -> Result<&'static str, Cow<'_, str>> { Ok("fine") }
    runtimes_rejection(order) -> Result<String, webhook_runtime::Rejection> {
        Ok(order.note.into_owned())
    }
    results_in_results(order) -> Result<Result<&'static str, StatusCode>, String> { Ok(Ok("both")) }
}

#[webhook(path = "/nothing")]
async fn nothing(_: &Delivery) {}

#[webhook(path = "/unit")]
async fn unit(_: &Delivery) -> () {}

/// Elided, and `'static` all the same.
#[webhook(path = "/constant")]
async fn reference_without_a_source(_: u8) -> &'static str {
    "constant"
}

right! { returns_of_every_kind, 23:
    static_text: {"note": "a"} => "static",
    static_bytes: {"note": "a"} => "bytes",
    static_cow: {"note": "cow"} => "cow",
    owned: {"note": "owned"} => "owned",
    boxed: {"note": "boxed"} => "boxed",
    status: {"note": "created"} => "created",
    headers: {"note": "tagged"} => "tagged",
    html: {"note": "<p>"} => "<p>",
    opaque: {"note": "opaque"} => "opaque",
    opaque_and_used: {"note": "a"} => "used",
    borrowing: {"note": "borrowed"} => "borrowed",
    response: {"note": "response"} => "response",
    result: {"note": "result"} => "result",
    own_rejection: {"note": "fine"} => "fine",
    own_delivery: {"note": "a"} => "delivery",
    own_json: {"note": "a"} => "json",
    own_alias: {"note": "a"} => "alias",
    borrowed_error: {"note": "a"} => "fine",
    runtimes_rejection: {"note": "fine"} => "fine",
    results_in_results: {"note": "a"} => "both",
    nothing: {} => "",
    unit: {} => "",
    reference_without_a_source: 1 => "constant",
}
