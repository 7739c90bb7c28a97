//! Decoding by hand what a handler's payload is decoded from.

use crate::{
    delivery::{Delivery, RawEvent, Rejection, content::Content},
    payload::{Payload, Text, form},
};

impl Delivery {
    /// Decodes the body into a type, borrowed from it or owned, as a handler's payload is.
    ///
    /// # Errors
    /// With the answer to give, which a handler can return as it is.
    pub fn decode<'a, T: Payload<'a>>(&'a self) -> Result<T, Rejection> {
        self.raw_event().decode()
    }
}

impl<'a> RawEvent<'a> {
    /// Decodes it.
    ///
    /// # Errors
    /// With the answer to give, as [`Delivery::decode`].
    pub fn decode<T: Payload<'a>>(self) -> Result<T, Rejection> {
        match T::decode(self) {
            Ok(payload) => Ok(payload),
            Err(rejection) => Err(self.delivery().remember(rejection)),
        }
    }

    /// The JSON that its payload is decoded from.
    pub(super) fn text(self) -> Result<Text<'a>, Rejection> {
        match self.content() {
            Ok(Content::Json(json)) => Ok(Text::of_json(json)),
            Ok(Content::Form(form)) => {
                Ok(Text::of_form(self.delivery().form_as_json(|| form::to_json(form))))
            }
            Err(rejection) => Err(rejection),
        }
    }
}
