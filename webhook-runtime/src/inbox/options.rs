//! How an inbox is configured.

use std::{sync::Arc, time::Duration};

use crate::{
    inbox::{
        Inbox,
        error::InboxError,
        store::{InboxStore, Retention},
        worker::retry::Backoff,
        writer::queue::Capacity,
    },
    verify::{Clock, SystemClock},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What the parts of an inbox go by.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) concurrency: usize,
    pub(crate) max_attempts: u32,
    pub(crate) lease: Duration,
    pub(crate) deadline: Duration,
    pub(crate) backoff: Backoff,
    pub(crate) poll_interval: Duration,
    pub(crate) retention: Retention,
    pub(crate) keep_keys: Duration,
    pub(crate) queue: Capacity,
    pub(crate) batch: Capacity,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 16,
            max_attempts: 15,
            lease: Duration::from_secs(30),
            deadline: Duration::from_secs(15 * 60),
            backoff: Backoff::default(),
            poll_interval: Duration::from_secs(1),
            retention: Retention { done: DAY, dead: DAY * 30 },
            keep_keys: DAY * 7,
            queue: Capacity { items: 4096, weight: 64 * 1024 * 1024 },
            batch: Capacity { items: 256, weight: 8 * 1024 * 1024 },
            clock: Arc::new(SystemClock),
        }
    }
}

/// An inbox that is about to be opened.
#[must_use = "an inbox is opened by `open`"]
pub struct InboxBuilder {
    settings: Settings,
    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    url: String,
    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    migrate: bool,
    #[cfg(feature = "inbox-postgres")]
    schema: String,
    #[cfg(feature = "inbox-postgres")]
    connections: u32,
}

impl Default for InboxBuilder {
    /// Without a URL: for [`open_store`](Self::open_store).
    fn default() -> Self {
        Self::new("")
    }
}

impl InboxBuilder {
    #[cfg_attr(
        not(any(feature = "inbox-sqlite", feature = "inbox-postgres")),
        allow(unused_variables, reason = "an inbox in memory has no URL")
    )]
    pub(crate) fn new(url: &str) -> Self {
        Self {
            settings: Settings::default(),
            #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
            url: url.to_owned(),
            #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
            migrate: true,
            #[cfg(feature = "inbox-postgres")]
            schema: "webhook".to_owned(),
            #[cfg(feature = "inbox-postgres")]
            connections: 4,
        }
    }

    /// How many functions run at a time; 16 unless said otherwise.
    pub fn concurrency(mut self, most: usize) -> Self {
        self.settings.concurrency = most;
        self
    }

    /// How often a delivery is started before it becomes a dead letter; 15 times unless said
    /// otherwise. What ends the whole process counts as well.
    pub fn max_attempts(mut self, most: u32) -> Self {
        self.settings.max_attempts = most;
        self
    }

    /// For how long a claim is good without being renewed; 30 seconds unless said otherwise. It is
    /// renewed while the function runs: after a crash, this is how long its deliveries wait.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// How long a function may run before the attempt counts as failed; 15 minutes unless said
    /// otherwise.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = deadline;
        self
    }

    /// How long to wait between attempts.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// How often to look for what has become due without a word: retries, and what other processes
    /// stored; every second unless said otherwise.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.settings.poll_interval = interval;
        self
    }

    /// How long completed and discarded deliveries are kept; a day unless said otherwise.
    pub fn keep_done(mut self, time: Duration) -> Self {
        self.settings.retention.done = time;
        self
    }

    /// How long dead letters are kept; 30 days unless said otherwise.
    pub fn keep_dead(mut self, time: Duration) -> Self {
        self.settings.retention.dead = time;
        self
    }

    /// For how long copies of a delivery are recognised; 7 days unless said otherwise, and in any
    /// case for as long as its provider may send it again.
    pub fn keep_keys(mut self, time: Duration) -> Self {
        self.settings.keep_keys = time;
        self
    }

    /// How much may wait to be stored, in deliveries and in bytes; 4096 and 64 MiB unless said
    /// otherwise. What is more is answered by 503, and the provider sends it again.
    pub fn queue(mut self, deliveries: usize, bytes: usize) -> Self {
        self.settings.queue = Capacity { items: deliveries, weight: bytes };
        self
    }

    /// How much is committed at a time, in deliveries and in bytes; 256 and 8 MiB unless said
    /// otherwise.
    pub fn batch(mut self, deliveries: usize, bytes: usize) -> Self {
        self.settings.batch = Capacity { items: deliveries, weight: bytes };
        self
    }

    /// Tells the time, where the database does not: PostgreSQL has a clock of its own.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// Whether `open` makes and changes the tables; it does unless told otherwise.
    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// The PostgreSQL schema that the tables are in; `webhook` unless said otherwise.
    #[cfg(feature = "inbox-postgres")]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// How many connections to PostgreSQL there are for the inbox itself; 4 unless said otherwise.
    /// The transactions of functions have as many more as functions run at a time, and one waits
    /// for news.
    #[cfg(feature = "inbox-postgres")]
    pub fn connections(mut self, most: u32) -> Self {
        self.connections = most;
        self
    }

    /// Opens the inbox, and makes its tables where they are missing. To be called on a tokio
    /// runtime.
    ///
    /// # Errors
    /// With what is wrong with the URL, the options or the database.
    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    pub async fn open(self) -> Result<Inbox, InboxError> {
        self.check()?;
        let store = self.store().await?;
        Ok(Inbox::start(store, self.settings))
    }

    /// Opens an inbox on a store of your own, whatever the URL is. The store has a clock of
    /// its own; where that is not the system's, give it to [`clock`](Self::clock) too. To be called
    /// on a tokio runtime.
    ///
    /// # Errors
    /// With what is wrong with the options.
    pub fn open_store(self, store: Arc<dyn InboxStore>) -> Result<Inbox, InboxError> {
        self.check()?;
        Ok(Inbox::start(store, self.settings))
    }

    /// An inbox in memory, for tests: it loses everything when it is dropped.
    ///
    /// # Errors
    /// With what is wrong with the options.
    #[cfg(feature = "testing")]
    pub fn in_memory(self) -> Result<Inbox, InboxError> {
        self.check()?;
        let clock = Arc::clone(&self.settings.clock);
        let store = crate::inbox::memory::MemoryStore::new(clock);
        Ok(Inbox::start(Arc::new(store), self.settings))
    }

    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    async fn store(&self) -> Result<Arc<dyn InboxStore>, InboxError> {
        let url = self.url.as_str();
        #[cfg(feature = "inbox-sqlite")]
        if url.starts_with("sqlite:") {
            let clock = Arc::clone(&self.settings.clock);
            let store =
                crate::inbox::sql::sqlite::SqliteStore::open(url, clock, self.migrate).await?;
            return Ok(Arc::new(store));
        }
        #[cfg(feature = "inbox-postgres")]
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let store = crate::inbox::sql::postgres::PostgresStore::open(
                url,
                crate::inbox::sql::postgres::Options {
                    schema: self.schema.clone(),
                    connections: self.connections,
                    transactions: u32::try_from(self.settings.concurrency).unwrap_or(u32::MAX),
                    migrate: self.migrate,
                },
            )
            .await?;
            return Ok(Arc::new(store));
        }
        Err(unknown(url))
    }

    fn check(&self) -> Result<(), InboxError> {
        let wrong =
            |name, problem: &str| Err(InboxError::Option { name, problem: problem.to_owned() });
        let settings = &self.settings;
        if settings.concurrency == 0 {
            return wrong("concurrency", "is 0, and nothing would run");
        }
        if settings.max_attempts == 0 {
            return wrong("max_attempts", "is 0, and nothing would run");
        }
        if settings.lease < Duration::from_millis(100) {
            return wrong("lease", "is too short to be renewed: take 100 ms or more");
        }
        if settings.poll_interval.is_zero() {
            return wrong("poll_interval", "is 0, and a processor would do nothing else");
        }
        if settings.queue.items == 0 || settings.batch.items == 0 {
            return wrong("queue", "or `batch` is 0, and nothing would be stored");
        }
        Ok(())
    }
}

#[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
fn unknown(url: &str) -> InboxError {
    let scheme = url.split(':').next().unwrap_or_default();
    let problem = match scheme {
        "sqlite" | "postgres" | "postgresql" => {
            let feature = if scheme == "sqlite" { "inbox-sqlite" } else { "inbox-postgres" };
            format!("switch the feature `{feature}` of webhook-runtime on")
        }
        _ => "write `sqlite://file.db` or `postgres://user@host/database`".to_owned(),
    };
    InboxError::Url { url: crate::support::shown::shown_url(url), problem }
}
