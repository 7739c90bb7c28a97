//! The outcome of a request, as metrics count it.

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "inbox"), allow(dead_code, reason = "an inbox has duplicates"))]
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

impl Outcome {
    /// The labels `outcome` and `reason`.
    pub(super) const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Accepted => ("accepted", ""),
            Self::Duplicate => ("duplicate", ""),
            Self::Handshake => ("handshake", ""),
            Self::Refused(reason) => ("refused", reason),
            Self::Failed(reason) => ("failed", reason),
        }
    }
}
