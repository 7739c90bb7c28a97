//! Finds the shape and the warnings of a payload type, and accepts any other type as well.

use std::{marker::PhantomData, ops::Deref};

use crate::{
    delivery::PayloadShape,
    payload::{Payload, unlisted::EventWarnings},
};

/// Finds what the compiler can check of a type. Only payload types have the constant and the method of
/// [`ShapeProbe`] itself; for any other type, the compiler finds those of [`AnyPayload`] and
/// [`NoEvents`].
#[doc(hidden)]
pub struct ShapeProbe<T>(PhantomData<T>, NoEvents);

impl<T> ShapeProbe<T> {
    #[must_use]
    #[allow(clippy::new_without_default, reason = "not for users")]
    pub const fn new() -> Self {
        Self(PhantomData, NoEvents)
    }
}

impl<'a, T: Payload<'a>> ShapeProbe<T> {
    pub const SHAPE: PayloadShape = T::SHAPE;
}

/// The shape of a type that is not a payload.
#[doc(hidden)]
pub trait AnyPayload {
    const SHAPE: PayloadShape = PayloadShape::DELIVERY;
}

impl<T> AnyPayload for ShapeProbe<T> {}

impl<T: EventWarnings> ShapeProbe<T> {
    /// The warning at a place. There never is a value: the compiler only looks at its type.
    #[must_use]
    pub fn warning<const AT: usize>(&self) -> Option<T::At<AT>> {
        None
    }
}

impl<T> Deref for ShapeProbe<T> {
    type Target = NoEvents;

    fn deref(&self) -> &NoEvents {
        &self.1
    }
}

/// The warnings of a type that is not an enum of events: there are none.
#[doc(hidden)]
pub struct NoEvents;

#[allow(clippy::unused_self, reason = "has the methods of `ShapeProbe` and of a warning")]
impl NoEvents {
    #[must_use]
    pub fn warning<const AT: usize>(&self) -> Option<Self> {
        None
    }

    pub fn warn(&self) {}
}
