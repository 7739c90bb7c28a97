//! Finds the shape, the warnings and the schemas of a payload type, and accepts any other type as well.

use std::{marker::PhantomData, ops::Deref};

use crate::{
    delivery::PayloadShape,
    payload::{Payload, unlisted::EventWarnings},
};

/// Finds what the compiler can tell of a type. Only payload types have the constant of [`ShapeProbe`]
/// itself; for any other type, the compiler finds the one of [`AnyPayload`]. Methods are looked for
/// here, then in [`PayloadProbe`], and then in [`NoPayload`], which has all of them.
#[doc(hidden)]
pub struct ShapeProbe<T>(PayloadProbe<T>);

/// The probe of a payload type without a JSON schema.
#[doc(hidden)]
pub struct PayloadProbe<T>(PhantomData<T>, NoPayload);

/// The probe of a type that is no payload, or no enum of events.
#[doc(hidden)]
pub struct NoPayload;

/// The shape of a type that is not a payload.
#[doc(hidden)]
pub trait AnyPayload {
    const SHAPE: PayloadShape = PayloadShape::DELIVERY;
}

impl<T> AnyPayload for ShapeProbe<T> {}

impl<'a, T: Payload<'a>> ShapeProbe<T> {
    pub const SHAPE: PayloadShape = T::SHAPE;
}

impl<T> ShapeProbe<T> {
    #[must_use]
    #[allow(clippy::new_without_default, reason = "not for users")]
    pub const fn new() -> Self {
        Self(PayloadProbe(PhantomData, NoPayload))
    }

    /// The probe of the field of a variant, which is given as the function that makes the variant.
    #[cfg(feature = "openapi")]
    #[must_use]
    pub fn of_variant<E>(_: fn(T) -> E) -> Self {
        Self::new()
    }
}

impl<T: EventWarnings> ShapeProbe<T> {
    /// The warning at a place. There never is a value: the compiler only looks at its type.
    #[must_use]
    pub fn warning<const AT: usize>(&self) -> Option<T::At<AT>> {
        None
    }
}

#[cfg(feature = "openapi")]
#[allow(clippy::unused_self, reason = "the compiler finds it by its receiver")]
impl<'a, T: Payload<'a> + super::schema::HasSchema> ShapeProbe<T> {
    /// The shape with the schemas.
    #[must_use]
    pub fn described(&self) -> PayloadShape {
        super::schema::shape_with(T::SHAPE, Some(T::schema), T::variants)
    }
}

#[cfg(feature = "openapi")]
#[allow(clippy::unused_self, reason = "the compiler finds it by its receiver")]
impl<'a, T: Payload<'a>> PayloadProbe<T> {
    #[must_use]
    pub fn described(&self) -> PayloadShape {
        super::schema::shape_with(T::SHAPE, None, T::variants)
    }
}

#[allow(clippy::unused_self, reason = "has the methods of `ShapeProbe` and of a warning")]
impl NoPayload {
    #[cfg(feature = "openapi")]
    #[must_use]
    pub fn described(&self) -> PayloadShape {
        PayloadShape::DELIVERY
    }

    #[must_use]
    pub fn warning<const AT: usize>(&self) -> Option<Self> {
        None
    }

    pub fn warn(&self) {}
}

impl<T> Deref for ShapeProbe<T> {
    type Target = PayloadProbe<T>;

    fn deref(&self) -> &PayloadProbe<T> {
        &self.0
    }
}

impl<T> Deref for PayloadProbe<T> {
    type Target = NoPayload;

    fn deref(&self) -> &NoPayload {
        &self.1
    }
}
