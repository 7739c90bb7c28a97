//! The payload of a verified delivery, for the generated code.

use axum::response::{IntoResponse, Response};

use crate::{
    delivery::{Delivery, Rejection, failure::Failure},
    endpoint::HandlerInput,
    payload::Decode,
};

impl<S: Send + Sync> HandlerInput<S> {
    /// Decodes the payload.
    #[allow(clippy::missing_errors_doc, clippy::result_large_err, reason = "not for users")]
    pub fn payload<'a, T: Decode<'a>>(&'a self) -> Result<T, Response> {
        match T::decode(self.delivery().raw_event()) {
            Ok(payload) => {
                // The payload is decoded last, right before the handler is called.
                #[cfg(feature = "testing")]
                if let Some(observer) = self.delivery().observer() {
                    observer.handler_called();
                }
                Ok(payload)
            }
            Err(rejection) => Err(payload_rejection(self.delivery(), rejection)),
        }
    }
}

/// Not generic, so that it is compiled once.
#[cold]
fn payload_rejection(delivery: &Delivery, rejection: Rejection) -> Response {
    delivery.fail(Failure::Payload(rejection.clone()));
    rejection.into_response()
}
