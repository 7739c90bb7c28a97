//! The metrics of a server.

use crate::support::metrics::{
    Series, UpDown,
    table::{ACCEPT_FAILURES, CONNECTIONS, CONNECTIONS_ACCEPTED, CONNECTIONS_SHED, REQUESTS_SHED},
};

/// The reason why a connection is closed for lack of room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shed {
    /// It was open, and another one has its place.
    Displaced,
    /// It is new, and there is no place to wait.
    Refused,
    /// It waited, and another peer has its place.
    Evicted,
}

/// Counts a connection that is closed for lack of room.
pub(crate) fn shed(reason: Shed) {
    let reason = match reason {
        Shed::Displaced => "displaced",
        Shed::Refused => "refused",
        Shed::Evicted => "evicted",
    };
    Series::new(&CONNECTIONS_SHED, &[("reason", reason)]).add(1);
}

/// Counts a connection that could not be accepted.
pub(crate) fn accept_failed() {
    Series::new(&ACCEPT_FAILURES, &[]).add(1);
}

/// Counts a request that is refused because its peer has more than its share.
pub(crate) fn request_shed() {
    Series::new(&REQUESTS_SHED, &[]).add(1);
}

/// The metrics of a server.
pub(crate) struct ServerMetrics {
    open: UpDown,
    accepted: Series,
}

impl ServerMetrics {
    pub(crate) fn new() -> Self {
        Self { open: UpDown::new(&CONNECTIONS), accepted: Series::new(&CONNECTIONS_ACCEPTED, &[]) }
    }

    /// Counts a connection from the operating system.
    pub(crate) fn accepted(&self) {
        self.accepted.add(1);
    }

    /// Counts a connection that opens.
    pub(crate) fn opened(&self) {
        self.open.add(1);
    }

    /// Counts a connection that closes.
    pub(crate) fn closed(&self) {
        self.open.subtract(1);
    }
}
