//! Finds the shape of a payload type, and accepts any other type as well.

use std::{marker::PhantomData, ops::Deref};

use crate::{delivery::PayloadShape, payload::Payload};

/// Finds the shape of a type. Only payload types have the method of [`ShapeProbe`] itself; for any
/// other type, the compiler finds the one of [`NoPayload`].
#[doc(hidden)]
pub struct ShapeProbe<T>(PhantomData<T>, NoPayload);

#[doc(hidden)]
pub struct NoPayload;

impl<T> ShapeProbe<T> {
    #[must_use]
    #[allow(clippy::new_without_default, reason = "not for users")]
    pub const fn new() -> Self {
        Self(PhantomData, NoPayload)
    }
}

impl<'a, T: Payload<'a>> ShapeProbe<T> {
    #[must_use]
    pub fn payload_shape(&self) -> PayloadShape {
        T::SHAPE
    }
}

impl<T> Deref for ShapeProbe<T> {
    type Target = NoPayload;

    fn deref(&self) -> &NoPayload {
        &self.1
    }
}

impl NoPayload {
    #[must_use]
    #[allow(clippy::unused_self, reason = "has the signature of the method of `ShapeProbe`")]
    pub fn payload_shape(&self) -> PayloadShape {
        PayloadShape::DELIVERY
    }
}
