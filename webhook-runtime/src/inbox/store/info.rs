//! The database of a store, for operators.

use std::time::Duration;

use crate::inbox::store::EndpointRetention;

/// The database of a store. A field is `None` if the store does not know it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreInfo {
    /// Name and version of the engine: `SQLite 3.50.4`.
    pub engine: String,
    /// The name of the file, or the schema and the database. It contains no password.
    pub location: Option<String>,
    /// The version of the tables.
    pub schema_version: Option<u32>,
    /// The bytes of the file, or of the tables with their indexes.
    pub size: Option<u64>,
    /// The bytes of deleted records among them, which are used again.
    pub free: Option<u64>,
    /// The bytes of the bodies and heads among them.
    pub bodies: Option<u64>,
    /// The bytes of the log beside an SQLite file.
    pub log: Option<u64>,
    /// The connections that operators and maintenance use now.
    pub connections: Option<u32>,
    /// The largest number of such connections.
    pub max_connections: Option<u32>,
    /// The time by which the clock of the database is ahead of the clock of this process; `None` if it is
    /// not, or if both are one clock.
    pub clock_ahead: Option<Duration>,
    /// The time by which it is behind; `None` as above.
    pub clock_behind: Option<Duration>,
    /// The endpoints with a retention of their own, by name. [`prune`](crate::Inbox::prune) follows it
    /// instead of the inbox's. Programs store it when their workers start.
    pub retentions: Vec<EndpointRetention>,
}

impl StoreInfo {
    /// A database with this engine. The other fields are unknown: set them afterwards.
    #[must_use]
    pub fn new(engine: impl Into<String>) -> Self {
        Self {
            engine: engine.into(),
            location: None,
            schema_version: None,
            size: None,
            free: None,
            bodies: None,
            log: None,
            connections: None,
            max_connections: None,
            clock_ahead: None,
            clock_behind: None,
            retentions: Vec::new(),
        }
    }
}
