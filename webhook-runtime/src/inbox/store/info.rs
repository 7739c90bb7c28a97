//! The database of a store, for operators.

use std::time::Duration;

use crate::inbox::store::EndpointRetention;

/// The database of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreInfo {
    /// Name and version of the engine: `SQLite 3.50.4`.
    pub engine: String,
    /// The file, or the schema and the database. It contains no password.
    pub place: Option<String>,
    /// The version of the tables that are there.
    pub tables: Option<u32>,
    /// The bytes of the file, or of the tables with their indexes.
    pub size: Option<u64>,
    /// The bytes of deleted records among them, which are used again; `None` if the store does not tell.
    pub free: Option<u64>,
    /// The bytes of the bodies and heads among them.
    pub bodies: Option<u64>,
    /// The bytes of the log beside an SQLite file.
    pub log: Option<u64>,
    /// The connections that operators and maintenance use now, and how many there can be.
    pub connections: Option<(u32, u32)>,
    /// The time by which the clock of the database is ahead of that of this process; `None` if they are
    /// one clock.
    pub clock_ahead: Option<Duration>,
    /// The time by which it is behind.
    pub clock_behind: Option<Duration>,
    /// The endpoints whose deliveries are kept for times of their own, by name. For
    /// [`prune`](crate::Inbox::prune), those come before what the inbox says. Programs store them when
    /// their workers start.
    pub retentions: Vec<EndpointRetention>,
}

impl StoreInfo {
    /// A database of which nothing more is known. Set the other fields afterwards.
    #[must_use]
    pub fn new(engine: impl Into<String>) -> Self {
        Self {
            engine: engine.into(),
            place: None,
            tables: None,
            size: None,
            free: None,
            bodies: None,
            log: None,
            connections: None,
            clock_ahead: None,
            clock_behind: None,
            retentions: Vec::new(),
        }
    }
}
