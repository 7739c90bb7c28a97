//! From the body of a delivery to the handler's own type.

mod batch;
mod decode;
mod event;
mod form;
mod taken;

use serde::Deserialize;

use crate::delivery::{
    Delivery, Encoded, Rejection, Takes,
    content::{Content, json_rejection, shortened},
};

pub use batch::{Batch, BatchItem};
pub use event::{Chosen, Rest, Unknown, WebhookEvent};
pub use taken::Taken;

/// What a handler can take as its last argument: any type that serde can deserialize, borrowed
/// from the body or owned; an enum of events that derives [`WebhookEvent`](crate::WebhookEvent); a
/// [`Batch`] of either; or `&Delivery` for the raw bytes.
///
/// The body is JSON or, where its content type says so, a form.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the payload of a webhook",
    label = "not deserializable",
    note = "derive `serde::Deserialize` for it (for a `Batch`, for the type of its events), or take \
            `&Delivery` for the raw bytes"
)]
pub trait Payload<'a>: Sized {
    /// What it is decoded from, and what it needs to know.
    #[doc(hidden)]
    const TAKES: Takes = Takes::ITEM;

    /// Decodes the body of a verified delivery, or one item of it.
    ///
    /// # Errors
    /// With the answer to give: 400 when the body is not what its content type says, 415 when that
    /// type is none we decode, 422 with the path of the value that does not fit.
    fn decode(encoded: Encoded<'a>) -> Result<Self, Rejection>;
}

impl<'a> Payload<'a> for &'a Delivery {
    const TAKES: Takes = Takes::DELIVERY;

    fn decode(encoded: Encoded<'a>) -> Result<Self, Rejection> {
        Ok(encoded.delivery())
    }
}

impl<'a, T: Deserialize<'a>> Payload<'a> for T {
    fn decode(encoded: Encoded<'a>) -> Result<Self, Rejection> {
        // No closure and no `?`: each would be compiled again for every payload type.
        match encoded.content() {
            Ok(Content::Json(json)) => match serde_json::from_str(json) {
                Ok(payload) => Ok(payload),
                Err(error) => Err(json_rejection(json, &error)),
            },
            Ok(Content::Form(form)) => match T::deserialize(form::Form::new(form)) {
                Ok(payload) => Ok(payload),
                Err(mismatch) => Err(form_rejection(form, &mismatch)),
            },
            Err(rejection) => Err(rejection),
        }
    }
}

#[cold]
fn form_rejection(form: &[u8], mismatch: &form::Mismatch) -> Rejection {
    // `curl -d` says that it sends a form, whatever it sends.
    if matches!(form.first(), Some(b'{' | b'[')) {
        let detail = "the content type says form, but the body looks like JSON: send it with \
                      `content-type: application/json`";
        return Rejection::Malformed { detail: detail.to_owned() };
    }
    Rejection::Mismatch { path: shortened(&mismatch.field), detail: shortened(&mismatch.message) }
}
