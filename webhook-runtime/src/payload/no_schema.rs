//! Without the feature `openapi`, the variants of an enum of events are not listed.

/// Takes what the derive says of its variants, and leaves nothing behind.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_variants {
    ($($anything:tt)*) => {};
}
