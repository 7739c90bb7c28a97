//! The value that a handler returned, and the response that it becomes.
//!
//! An `Err` is a failure, whatever it is made of. The kinds of errors overlap, so that no single
//! trait can tell them apart. Method resolution can, because the generated code knows the concrete
//! type: it calls `respond` on a chain of references to [`Returned`], and the compiler takes the
//! first implementation that applies. The more references, the earlier.

#![allow(clippy::mut_mut, reason = "the references are the order of the choice")]

use std::error::Error;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::{
    delivery::{
        Delivery, Rejection,
        failure::{Failure, text_of},
    },
    endpoint::HandlerInput,
};

/// The value that a handler returned. It is taken out when it becomes a response.
pub struct Returned<'d, R> {
    value: Option<R>,
    delivery: &'d Delivery,
}

impl<'d, R> Returned<'d, R> {
    /// The value that the handler of this delivery returned.
    pub fn new<S: Send + Sync>(value: R, input: &'d HandlerInput<S>) -> Self {
        Self { value: Some(value), delivery: input.delivery() }
    }

    /// Makes the response of a value that is no `Result`: the last choice.
    pub fn respond(&mut self) -> Response
    where
        R: HandlerReturn,
    {
        self.value.take().map_or_else(none_left, IntoResponse::into_response)
    }
}

/// A type that a handler returns, other than a `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by a webhook handler",
    label = "neither a response, nor a `Result` with an error that can be reported",
    note = "return a type that implements `axum::response::IntoResponse`, or a `Result` of one, whose \
            error does one of these:",
    note = "it implements both `IntoResponse` and `std::error::Error`, as an error type of your own",
    note = "it converts into `Box<dyn Error + Send + Sync>`, as do `anyhow::Error`, `String`, and every \
            type that implements `std::error::Error`",
    note = "it implements `IntoResponse` alone, as does `StatusCode`"
)]
pub trait HandlerReturn: IntoResponse {}

// Or else the compiler speaks of `IntoResponse` alone.
#[diagnostic::do_not_recommend]
impl<R: IntoResponse> HandlerReturn for R {}

/// Makes the response of a `Result`. Each implementation is for one kind of error.
pub trait Respond {
    /// Makes the response.
    fn respond(&mut self) -> Response;
}

/// An error with a response and a text: an error type of the program's own.
impl<T, E> Respond for &mut &mut &mut &mut Returned<'_, Result<T, E>>
where
    T: IntoResponse,
    E: IntoResponse + Error,
{
    fn respond(&mut self) -> Response {
        match self.value.take() {
            Some(Ok(value)) => value.into_response(),
            Some(Err(error)) => {
                let text = text_of(&error);
                failed(self.delivery, text, error.into_response())
            }
            None => none_left(),
        }
    }
}

/// An error with a text.
impl<'e, T, E> Respond for &mut &mut &mut Returned<'_, Result<T, E>>
where
    T: IntoResponse,
    E: Into<Box<dyn Error + Send + Sync + 'e>>,
{
    fn respond(&mut self) -> Response {
        match self.value.take() {
            Some(Ok(value)) => value.into_response(),
            Some(Err(error)) => failed_with_text(self.delivery, &*error.into()),
            None => none_left(),
        }
    }
}

/// An error with a text that cannot be sent to another thread.
impl<'e, T, E> Respond for &mut &mut Returned<'_, Result<T, E>>
where
    T: IntoResponse,
    E: Into<Box<dyn Error + 'e>>,
{
    fn respond(&mut self) -> Response {
        match self.value.take() {
            Some(Ok(value)) => value.into_response(),
            Some(Err(error)) => failed_with_text(self.delivery, &*error.into()),
            None => none_left(),
        }
    }
}

/// An error with a response, and no text. `axum::response::Result` is of this kind, although its
/// error alone is no response.
impl<T, E> Respond for &mut Returned<'_, Result<T, E>>
where
    Result<T, E>: IntoResponse,
{
    fn respond(&mut self) -> Response {
        match self.value.take() {
            Some(Err(error)) => {
                let response = Err::<T, E>(error).into_response();
                failed(self.delivery, "the error has no text".to_owned(), response)
            }
            Some(value) => value.into_response(),
            None => none_left(),
        }
    }
}

/// Responds to an error that has a text alone.
#[cold]
fn failed_with_text(delivery: &Delivery, error: &dyn Error) -> Response {
    failed(delivery, text_of(error), Rejection::HandlerFailed.into_response())
}

/// Keeps the text of an error, and lets its response pass for a failure in any case.
#[cold]
fn failed(delivery: &Delivery, mut text: String, mut response: Response) -> Response {
    // The rejection of an event of a `Batch` is in the response alone.
    text = match response.extensions().get::<Rejection>() {
        Some(rejection) => rejection.explained_in(text),
        None => text,
    };
    text = delivery.explain(text);
    let status = response.status();
    if status.as_u16() < 400 {
        text = format!("{text} (its response is {status}, which is no failure: 500 instead)");
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    delivery.fail(Failure::Error(text));
    response
}

/// The generated code takes the value once.
#[cold]
fn none_left() -> Response {
    Rejection::HandlerFailed.into_response()
}
