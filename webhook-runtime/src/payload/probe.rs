//! Finds the shape of a payload type, and accepts any other type as well.

use std::{marker::PhantomData, ops::Deref};

use crate::{delivery::PayloadShape, payload::Payload};

/// Finds the shape of a type. Only payload types have the method of [`PayloadProbe`]; for any
/// other type, the compiler finds the one of [`NoPayload`]. With the feature `openapi`, payload types
/// that have a JSON schema have a method of [`ShapeProbe`] itself.
#[doc(hidden)]
pub struct ShapeProbe<T>(PayloadProbe<T>);

#[doc(hidden)]
pub struct PayloadProbe<T>(PhantomData<T>, NoPayload);

#[doc(hidden)]
pub struct NoPayload;

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

#[cfg(feature = "openapi")]
impl<'a, T: Payload<'a> + super::schema::HasSchema> ShapeProbe<T> {
    #[must_use]
    #[allow(clippy::unused_self, reason = "the compiler finds it by its receiver")]
    pub fn payload_shape(&self) -> PayloadShape {
        super::schema::shape_with(T::SHAPE, Some(T::schema), T::variants)
    }
}

impl<'a, T: Payload<'a>> PayloadProbe<T> {
    #[must_use]
    #[allow(clippy::unused_self, reason = "the compiler finds it by its receiver")]
    pub fn payload_shape(&self) -> PayloadShape {
        #[cfg(feature = "openapi")]
        return super::schema::shape_with(T::SHAPE, None, T::variants);
        #[cfg(not(feature = "openapi"))]
        T::SHAPE
    }
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

impl NoPayload {
    #[must_use]
    #[allow(clippy::unused_self, reason = "has the signature of the method of `ShapeProbe`")]
    pub fn payload_shape(&self) -> PayloadShape {
        PayloadShape::DELIVERY
    }
}
