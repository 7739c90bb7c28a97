//! Decodes the body of a delivery into the handler's own type.

mod batch;
mod decode;
mod decoder;
mod event;
mod form;
#[cfg(not(feature = "openapi"))]
mod no_schema;
mod probe;
#[cfg(feature = "openapi")]
mod schema;
mod unlisted;

use decoder::Decoder;
use serde::Deserialize;
use serde_json::de::StrRead;

#[cfg(feature = "openapi")]
use crate::delivery::EventVariant;
use crate::delivery::{
    Delivery, PayloadShape, RawEvent, Rejection,
    content::{json_rejection, shortened},
};

pub use batch::{Batch, BatchItem};
pub use event::{CatchAll, MatchedEvent, UnknownEvent, WebhookEvent};
pub use probe::{AnyPayload, ShapeProbe};
pub use unlisted::EventWarnings;

/// The last argument of a handler: any type that serde can deserialize, borrowed from the body or
/// owned; an enum of events that derives [`WebhookEvent`](crate::WebhookEvent); a [`Batch`] of
/// either; or `&Delivery` for the raw bytes.
///
/// The body is JSON or, if its content type says so, a form.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the payload of a webhook",
    label = "cannot be decoded",
    note = "derive `serde::Deserialize` for a type of your own, or take `&Delivery` for the raw bytes",
    note = "an enum that derives `WebhookEvent` is the payload itself, or is in a `Batch`: it cannot be in \
            another type",
    note = "a payload borrows from the delivery as a whole: write `Order<'_>` instead of `&Order`"
)]
pub trait Payload<'a>: Sized {
    /// The part of a delivery that it is decoded from.
    #[doc(hidden)]
    const SHAPE: PayloadShape = PayloadShape::ITEM;

    /// The variants of an enum of events, for a document about the endpoint.
    #[cfg(feature = "openapi")]
    #[doc(hidden)]
    #[must_use]
    fn variants() -> Vec<EventVariant> {
        Vec::new()
    }

    /// Decodes the body of a verified delivery, or one item of it.
    ///
    /// # Errors
    /// Returns the answer to give: 400 if the body is not what its content type says, 415 for any
    /// other content type, 422 with the path of the value that does not fit.
    fn decode(encoded: RawEvent<'a>) -> Result<Self, Rejection>;
}

/// A payload, as the bound of functions. With [`Payload`] itself, the compiler would propose to borrow
/// what cannot be decoded.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the payload of a webhook",
    label = "cannot be decoded",
    note = "derive `serde::Deserialize` for a type of your own, or take `&Delivery` for the raw bytes",
    note = "an enum that derives `WebhookEvent` is the payload itself, or is in a `Batch`: it cannot be in \
            another type",
    note = "a payload borrows from the delivery as a whole: write `Order<'_>` instead of `&Order`"
)]
pub trait Decode<'a>: Payload<'a> {}

impl<'a, T: Payload<'a>> Decode<'a> for T {}

impl<'a> Payload<'a> for &'a Delivery {
    const SHAPE: PayloadShape = PayloadShape::DELIVERY;

    fn decode(encoded: RawEvent<'a>) -> Result<Self, Rejection> {
        Ok(encoded.delivery())
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: Deserialize<'a>> Payload<'a> for T {
    fn decode(encoded: RawEvent<'a>) -> Result<Self, Rejection> {
        // No closure and no `?`: each would be compiled again for every payload type.
        let mut source = Field::new(encoded.text());
        match T::deserialize(source.decoder()) {
            Ok(payload) => match source.end() {
                None => Ok(payload),
                Some(rejection) => Err(rejection),
            },
            Err(error) => Err(source.rejection(&error)),
        }
    }
}

/// The JSON that a payload is decoded from.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    json: &'a str,
    /// True if it stands for a form.
    is_form: bool,
}

impl<'a> Text<'a> {
    pub(crate) fn of_json(json: &'a str) -> Self {
        Self { json, is_form: false }
    }

    pub(crate) fn of_form(json: &'a str) -> Self {
        Self { json, is_form: true }
    }
}

/// One decoding, without its type: everything in it is compiled once.
struct Field<'a> {
    json: serde_json::Deserializer<StrRead<'a>>,
    text: Text<'a>,
    /// Set if there is nothing to decode.
    refused: Option<Rejection>,
}

impl<'a> Field<'a> {
    fn new(text: Result<Text<'a>, Rejection>) -> Self {
        // Every type fails to be decoded from nothing, or else `end` does.
        let (text, refused) = match text {
            Ok(text) => (text, None),
            Err(rejection) => (Text::of_json(""), Some(rejection)),
        };
        Self { json: serde_json::Deserializer::from_str(text.json), text, refused }
    }

    fn decoder(&mut self) -> Decoder<&mut serde_json::Deserializer<StrRead<'a>>> {
        Decoder::new(&mut self.json, self.text.is_form)
    }

    /// The rejection of text after the payload.
    fn end(&mut self) -> Option<Rejection> {
        match self.json.end() {
            Ok(()) => self.refused.take(),
            Err(error) => Some(self.rejection(&error)),
        }
    }

    #[cold]
    fn rejection(&mut self, error: &serde_json::Error) -> Rejection {
        match self.refused.take() {
            Some(rejection) => rejection,
            None if self.text.is_form => form_rejection(self.text.json, error),
            None => json_rejection(self.text.json, error),
        }
    }
}

#[cold]
fn form_rejection(json: &str, error: &serde_json::Error) -> Rejection {
    let (field, message) = form::mismatch(json, error);
    Rejection::Mismatch { path: shortened(&field), detail: shortened(&message) }
}
