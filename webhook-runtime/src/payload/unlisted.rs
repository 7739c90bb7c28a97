//! Warnings about names of events that the provider does not list.
//!
//! A macro cannot warn, and neither can a constant. What the compiler warns about is the use of
//! something deprecated. So the derive leaves a type with a deprecated method for each name, with the text
//! of the warning, and the attribute, which knows the provider, uses the methods of the names that the
//! provider does not list.

use crate::payload::Batch;

/// The warnings about the names of an enum of events.
#[doc(hidden)]
pub trait EventWarnings {
    /// The type of the warning at a place. Its method `warn` is deprecated, except at
    /// `usize::MAX`, where there is nothing to warn about.
    type At<const AT: usize>;
}

impl<E: EventWarnings> EventWarnings for Batch<'_, E> {
    type At<const AT: usize> = E::At<AT>;
}
