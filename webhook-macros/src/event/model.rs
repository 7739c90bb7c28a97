//! The model of an enum of events.

use syn::{Generics, Ident, LitStr, Path, Type};

/// The enum, with the names of its events.
pub(super) struct Event {
    pub(super) name: Ident,
    pub(super) generics: Generics,
    /// The runtime crate, where `crate = ...` renames it.
    pub(super) runtime: Option<Path>,
    /// Whether a known event that does not fit is refused.
    pub(super) is_strict: bool,
    pub(super) variants: Vec<Variant>,
    /// The variant that takes all other events.
    pub(super) other: Option<Other>,
}

/// A variant for events that have names.
pub(super) struct Variant {
    pub(super) name: Ident,
    pub(super) events: Vec<LitStr>,
    pub(super) payload: Option<Type>,
}

pub(super) struct Other {
    pub(super) name: Ident,
    pub(super) ty: Type,
}
