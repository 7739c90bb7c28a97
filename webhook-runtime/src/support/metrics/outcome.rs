//! The outcome of a request, as metrics count it.

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(all(feature = "inbox", feature = "metrics")),
    allow(dead_code, reason = "only metrics read it, and an inbox has duplicates")
)]
pub(crate) enum Outcome {
    /// A delivery was handled or stored.
    Accepted,
    /// The delivery is stored already.
    Duplicate,
    /// A challenge or a ping was answered.
    Handshake,
    /// The request was refused, for this reason.
    Refused(&'static str),
    /// A genuine delivery could not be handled or stored, for this reason.
    Failed(&'static str),
}
