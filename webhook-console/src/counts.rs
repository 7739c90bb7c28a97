//! Counts that stop at a limit.

use webhook_runtime::inbox::{Count, EndpointCounts};

use crate::kind::Kind;

/// The sum of counts.
pub(crate) fn total(counts: impl Iterator<Item = Count>) -> Count {
    counts.fold(Count::default(), |all, one| Count {
        number: all.number + one.number,
        more: all.more || one.more,
    })
}

/// The deliveries of an endpoint in a state; `None` for states that are not counted.
pub(crate) fn of_kind(counts: &EndpointCounts, kind: Kind) -> Option<Count> {
    match kind {
        Kind::Pending => Some(counts.pending),
        Kind::Blocked => Some(counts.blocked),
        Kind::Running => Some(counts.running),
        Kind::Retrying => Some(counts.retrying),
        Kind::Dead => Some(counts.dead),
        Kind::Completed | Kind::Cancelled => None,
    }
}
