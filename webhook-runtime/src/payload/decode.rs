//! Decoding by hand what a handler's payload is decoded from.

use crate::{
    delivery::{Delivery, Encoded, Rejection},
    payload::Payload,
};

impl Delivery {
    /// Decodes the body into a type, borrowed from it or owned, as a handler's payload is.
    ///
    /// # Errors
    /// With the answer to give, which a handler can return as it is.
    pub fn decode<'a, T: Payload<'a>>(&'a self) -> Result<T, Rejection> {
        T::decode(self.encoded())
    }
}

impl<'a> Encoded<'a> {
    /// Decodes it.
    ///
    /// # Errors
    /// With the answer to give, as [`Delivery::decode`].
    pub fn decode<T: Payload<'a>>(self) -> Result<T, Rejection> {
        T::decode(self)
    }
}
