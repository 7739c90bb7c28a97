//! The model of an enum of events.

use syn::{Generics, Ident, LitStr, Path, Type};

/// An enum, with the names of its events.
pub(super) struct Event {
    pub(super) name: Ident,
    pub(super) generics: Generics,
    /// The path of the runtime crate, if `crate = ...` sets it.
    pub(super) runtime: Option<Path>,
    /// Rejects a known event that does not fit its variant.
    pub(super) is_strict: bool,
    pub(super) variants: Vec<Variant>,
    /// The variant for all other events.
    pub(super) other: Option<Other>,
}

/// A variant for events with names.
pub(super) struct Variant {
    pub(super) name: Ident,
    pub(super) events: Vec<LitStr>,
    /// The provider does not list these events.
    pub(super) is_unlisted: bool,
    /// The doc comment of the variant.
    pub(super) documentation: String,
    pub(super) payload: Option<Type>,
}

pub(super) struct Other {
    pub(super) name: Ident,
    pub(super) ty: Type,
}
