//! JSON schemas of payload types, and of the variants of an enum of events.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::{
    delivery::{EventVariant, PayloadSchemas, PayloadShape},
    payload::Batch,
};

/// A payload type with a JSON schema. That of a [`Batch`] is the one of its items.
#[doc(hidden)]
pub trait HasSchema {
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

impl<T: JsonSchema> HasSchema for T {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl<E: JsonSchema> HasSchema for Batch<'_, E> {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<E>()
    }
}

/// Adds the schemas of a type to its shape.
pub(super) fn shape_with(
    shape: PayloadShape,
    schema: Option<fn(&mut SchemaGenerator) -> Schema>,
    variants: fn() -> Vec<EventVariant>,
) -> PayloadShape {
    PayloadShape { schemas: PayloadSchemas { schema, variants }, ..shape }
}

/// Adds the schemas of the payload type to an endpoint, for the code that the attribute leaves behind.
#[doc(hidden)]
#[macro_export]
macro_rules! __with_schemas {
    ($endpoint:expr, $payload:ty) => {
        $endpoint.payload_shape($crate::__private::ShapeProbe::<$payload>::new().described())
    };
}

/// Lists the variants of an enum of events, for the code that the derive leaves behind. Each one has
/// the names of its events and its doc comment, and the function that makes it if it has a field.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_variants {
    ($([$($name:literal),*] $description:literal $(=> $variant:expr)?;)*) => {
        fn variants() -> ::std::vec::Vec<$crate::__private::EventVariant> {
            ::std::vec![$($crate::__private::EventVariant::new(
                &[$($name),*],
                $description,
                $crate::__event_variants!(@payload $($variant)?),
            )),*]
        }
    };
    (@payload) => { ::core::option::Option::None };
    (@payload $variant:expr) => {
        ::core::option::Option::Some(
            $crate::__private::ShapeProbe::of_variant($variant).described(),
        )
    };
}
