//! The JSON schemas of a payload type, for a document about the endpoint.

use schemars::{Schema, SchemaGenerator};

use crate::delivery::PayloadShape;

/// The JSON schemas of a payload type. They are made on demand only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PayloadSchemas {
    /// Makes the schema of the type, or of one item of a batch. A type may have none.
    pub(crate) schema: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// Lists the variants of an enum of events. Other types have none.
    pub(crate) variants: fn() -> Vec<EventVariant>,
}

/// One variant of an enum of events.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct EventVariant {
    pub(crate) names: &'static [&'static str],
    /// The doc comment of the variant.
    pub(crate) description: &'static str,
    /// The type of its field. A variant without a field has none.
    pub(crate) payload: Option<PayloadShape>,
}

impl PayloadSchemas {
    pub(crate) const NONE: Self = Self { schema: None, variants: Vec::new };
}

impl EventVariant {
    #[must_use]
    pub const fn new(
        names: &'static [&'static str],
        description: &'static str,
        payload: Option<PayloadShape>,
    ) -> Self {
        Self { names, description, payload }
    }
}
