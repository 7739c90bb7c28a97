//! Every kind of value and error that a handler may return.

use std::{borrow::Cow, convert::Infallible, error::Error, fmt, io, rc::Rc};

use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use webhook_runtime::{Delivery, Rejection, Webhook, webhook};

use crate::{
    common::{Answer, ask, delivery, router},
    warnings::Warnings,
};

const TEXT: &str = "no stock left";

/// An error with a response and a text.
#[derive(Debug)]
struct AppError(StatusCode, io::Error);

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TEXT)
    }
}

impl Error for AppError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.1)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        (self.0, "for the sender").into_response()
    }
}

/// An error with a text that cannot leave its thread.
#[derive(Debug)]
struct Local(Rc<str>);

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Local {}

/// An error that is a response alone.
struct Tea;

impl IntoResponse for Tea {
    fn into_response(self) -> Response {
        (StatusCode::IM_A_TEAPOT, "tea").into_response()
    }
}

/// The response to the handler of this body, and the lines at WARN and above.
async fn handled<H: Webhook<()>>(body: &'static str) -> (Answer, Vec<String>) {
    let router = router::<H>();
    let (warnings, _guard) = Warnings::start();
    let answer = ask(&router, delivery(body)).await;
    (answer, warnings.lines())
}

/// The handler answers with `status`, and its text is in the trace alone.
async fn fails<H: Webhook<()>>(status: u16, text: &str) -> Answer {
    let (answer, lines) = handled::<H>("{}").await;
    let name = H::endpoint();
    assert_eq!(answer.status, status, "{name:?}");
    assert!(!answer.text().contains(TEXT), "the sender does not read it: {}", answer.text());
    let [line] = &lines[..] else { panic!("one line: {lines:#?}") };
    assert!(line.starts_with("WARN the handler failed endpoint="), "{line}");
    assert!(line.contains(&format!("status={status}")), "{line}");
    assert!(line.contains(text), "{text} is missing: {line}");
    answer
}

type Outcome<T, E = anyhow::Error> = Result<T, E>;

macro_rules! failing {
    ($($name:ident: $ty:ty = $error:expr;)*) => {
        $(
            #[webhook(path = "/webhook")]
            async fn $name(_: &Delivery) -> $ty {
                tokio::task::yield_now().await;
                Err($error)
            }
        )*
    };
}

failing! {
    app_error: Result<(), AppError> =
        AppError(StatusCode::BAD_GATEWAY, io::Error::other("the shelf is empty"));
    app_error_ok: Result<&'static str, AppError> = AppError(StatusCode::OK, io::Error::other(""));
    app_error_accepted: Result<(), AppError> =
        AppError(StatusCode::ACCEPTED, io::Error::other("gone"));
    any_error: anyhow::Result<()> = anyhow::anyhow!("the shelf is empty").context(TEXT);
    any_error_by_alias: Outcome<StatusCode> = anyhow::Error::msg(TEXT);
    boxed: Result<(), Box<dyn Error + Send + Sync>> = TEXT.into();
    boxed_local: Result<(), Box<dyn Error>> = Box::new(Local(TEXT.into()));
    local: Result<(), Local> = Local(TEXT.into());
    string: Result<(), String> = TEXT.to_owned();
    text: Result<(), &'static str> = TEXT;
    cow: Result<(), Cow<'static, str>> = TEXT.into();
    input: Result<(), io::Error> = io::Error::other(TEXT);
    empty: Result<(), String> = String::new();
    html_string: Result<Html<String>, String> = TEXT.to_owned();
    status_only: Result<(), StatusCode> = StatusCode::NOT_FOUND;
    status_ok: Result<(), StatusCode> = StatusCode::OK;
    status_found: Result<(), StatusCode> = StatusCode::FOUND;
    redirect: Result<(), Redirect> = Redirect::to("/elsewhere");
    unit: Result<(), ()> = ();
    html: Result<(), Html<&'static str>> = Html("7");
    pair: Result<(), (StatusCode, &'static str)> = (StatusCode::CONFLICT, "twice");
    tea: Result<(), Tea> = Tea;
    response: Result<(), Response> = "fine".into_response();
    axums: axum::response::Result<()> = StatusCode::CREATED.into();
    axums_error: axum::response::Result<&'static str> = (StatusCode::GONE, "gone").into();
}

#[tokio::test]
async fn errors_with_a_response_and_a_text() {
    let answer = fails::<app_error>(502, "no stock left: the shelf is empty").await;
    assert_eq!(answer.text(), "for the sender");
    fails::<app_error_ok>(500, "no stock left").await;
    fails::<app_error_accepted>(500, "202 Accepted").await;
}

#[tokio::test]
async fn errors_with_a_text() {
    for answer in [
        fails::<any_error>(500, "no stock left: the shelf is empty").await,
        fails::<any_error_by_alias>(500, TEXT).await,
        fails::<boxed>(500, TEXT).await,
        fails::<boxed_local>(500, TEXT).await,
        fails::<local>(500, TEXT).await,
        fails::<string>(500, TEXT).await,
        fails::<text>(500, TEXT).await,
        fails::<cow>(500, TEXT).await,
        fails::<input>(500, TEXT).await,
        fails::<html_string>(500, TEXT).await,
        fails::<empty>(500, "the error has no text").await,
    ] {
        assert_eq!(answer.problem()["title"], "Internal Server Error");
    }
}

#[tokio::test]
async fn errors_with_a_response() {
    fails::<status_only>(404, "the error has no text").await;
    fails::<status_ok>(500, "200 OK").await;
    fails::<status_found>(500, "302 Found").await;
    fails::<redirect>(500, "303 See Other").await;
    fails::<unit>(500, "200 OK").await;
    fails::<html>(500, "200 OK").await;
    assert_eq!(fails::<pair>(409, "the error has no text").await.text(), "twice");
    assert_eq!(fails::<tea>(418, "the error has no text").await.text(), "tea");
    fails::<response>(500, "200 OK").await;
    fails::<axums>(500, "201 Created").await;
    assert_eq!(fails::<axums_error>(410, "the error has no text").await.text(), "gone");
}

#[tokio::test]
async fn a_rejection_is_an_error_with_a_response() {
    #[derive(Deserialize)]
    struct Order {
        #[allow(dead_code, reason = "only decoded")]
        id: u64,
    }
    #[webhook(path = "/webhook")]
    async fn decoding(delivery: &Delivery) -> Result<(), Rejection> {
        delivery.decode::<Order>().map(drop)
    }
    #[webhook(path = "/webhook")]
    async fn wrapping(delivery: &Delivery) -> anyhow::Result<()> {
        use anyhow::Context as _;
        delivery.decode::<Order>().context("no order")?;
        Ok(())
    }
    let answer = fails::<decoding>(422, "payload at id: missing field `id`").await;
    assert_eq!(answer.problem()["path"], "id");
    let text = "no order: the body does not fit the payload at id: missing field `id`\"";
    fails::<wrapping>(500, text).await;
}

#[tokio::test]
async fn values_are_no_failures() {
    #[derive(Deserialize)]
    struct Order<'a> {
        #[serde(borrow)]
        note: Cow<'a, str>,
    }
    #[webhook(path = "/webhook")]
    async fn nothing(_: &Delivery) {}
    #[webhook(path = "/webhook")]
    async fn status(_: &Delivery) -> StatusCode {
        StatusCode::NOT_FOUND
    }
    #[webhook(path = "/webhook")]
    async fn pair(_: &Delivery) -> (StatusCode, &'static str) {
        (StatusCode::SEE_OTHER, "there")
    }
    #[webhook(path = "/webhook")]
    async fn response(_: &Delivery) -> Response {
        StatusCode::CREATED.into_response()
    }
    #[webhook(path = "/webhook")]
    async fn opaque(order: Order<'_>) -> impl IntoResponse {
        order.note.into_owned()
    }
    #[webhook(path = "/webhook")]
    async fn opaque_result(order: Order<'_>) -> Result<impl IntoResponse, anyhow::Error> {
        Ok((StatusCode::ACCEPTED, order.note.into_owned()))
    }
    #[webhook(path = "/webhook")]
    async fn never_fails(_: &Delivery) -> Result<&'static str, Infallible> {
        Ok("done")
    }
    #[webhook(path = "/webhook")]
    async fn works(_: &Delivery) -> Result<(StatusCode, &'static str), Box<dyn Error>> {
        tokio::task::yield_now().await;
        Ok((StatusCode::CREATED, "done"))
    }
    #[webhook(path = "/webhook")]
    async fn borrowed_error(order: Order<'_>) -> Result<String, Cow<'_, str>> {
        if order.note == "fail" { Err(order.note) } else { Ok(order.note.into_owned()) }
    }
    let body = r#"{"note":"n"}"#;
    for (handled, status, text) in [
        (handled::<nothing>(body).await, 200, ""),
        (handled::<status>(body).await, 404, ""),
        (handled::<pair>(body).await, 303, "there"),
        (handled::<response>(body).await, 201, ""),
        (handled::<opaque>(body).await, 200, "n"),
        (handled::<opaque_result>(body).await, 202, "n"),
        (handled::<never_fails>(body).await, 200, "done"),
        (handled::<works>(body).await, 201, "done"),
        (handled::<borrowed_error>(body).await, 200, "n"),
    ] {
        let (answer, lines) = handled;
        assert_eq!((answer.status.as_u16(), answer.text()), (status, text));
        assert_eq!(lines, [""; 0]);
    }
    let (answer, lines) = handled::<borrowed_error>(r#"{"note":"fail"}"#).await;
    assert_eq!((answer.status.as_u16(), lines.len()), (500, 1));
}
