//! Without the feature `openapi`, nobody looks for schemas, and the variants of an enum of events are not
//! listed.

/// Leaves an endpoint as it is.
#[doc(hidden)]
#[macro_export]
macro_rules! __with_schemas {
    ($endpoint:expr, $payload:ty) => {
        $endpoint
    };
}

/// Takes what the derive says of its variants, and leaves nothing behind.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_variants {
    ($($anything:tt)*) => {};
}
