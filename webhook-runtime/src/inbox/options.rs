//! Options of an inbox, and how it is opened.

use std::{sync::Arc, time::Duration};

use crate::{
    endpoint::Backoff,
    inbox::{
        Inbox,
        error::InboxError,
        hooks::{Hooks, hook},
        http::kept_headers::KeptHeaders,
        record::Record,
        store::{DueTimeLimits, InboxStore, Retention},
        workers::{executable, host_name},
        writer::queue::Capacity,
    },
    verify::{Clock, SystemClock},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The options that the parts of an inbox use.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) concurrency: usize,
    pub(crate) max_attempts: u32,
    pub(crate) lease: Duration,
    pub(crate) attempt_timeout: Duration,
    /// `None` is what the store says.
    pub(crate) tx_timeout: Option<Duration>,
    pub(crate) backoff: Backoff,
    pub(crate) poll_interval: Duration,
    pub(crate) retention: Retention,
    pub(crate) dedup_retention: Duration,
    pub(crate) queue: Capacity,
    pub(crate) batch: Capacity,
    pub(crate) clock: Arc<dyn Clock>,
    /// False if the inbox works on the runtime that it was opened on, whose time a test can pause.
    pub(crate) own_thread: bool,
    /// True if tenants of one endpoint take turns.
    pub(crate) fair_tenants: bool,
    pub(crate) kept_headers: KeptHeaders,
    pub(crate) worker_name: String,
    pub(crate) program: String,
    pub(crate) hooks: Hooks,
    /// True if the span of a run is a child of the request's.
    pub(crate) continue_traces: bool,
}

impl Settings {
    /// The limits of due times, where the longest pause of an endpoint is this.
    pub(crate) fn due_time_limits(&self, longest_pause: Duration) -> DueTimeLimits {
        DueTimeLimits { max_delay: self.backoff.max.max(longest_pause), max_lease: self.lease }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 16,
            max_attempts: 15,
            lease: Duration::from_secs(30),
            attempt_timeout: Duration::from_secs(15 * 60),
            tx_timeout: None,
            backoff: Backoff::default(),
            poll_interval: Duration::from_secs(1),
            retention: Retention { completed: DAY, dead_letters: DAY * 30 },
            dedup_retention: DAY * 7,
            queue: Capacity { items: 4096, weight: 64 * 1024 * 1024 },
            batch: Capacity { items: 256, weight: 8 * 1024 * 1024 },
            clock: Arc::new(SystemClock),
            own_thread: true,
            fair_tenants: false,
            kept_headers: KeptHeaders::default(),
            worker_name: host_name(),
            program: executable(),
            hooks: Hooks::default(),
            continue_traces: false,
        }
    }
}

/// Configures an inbox before it is opened.
///
/// [`EndpointOptions`](crate::inbox::EndpointOptions) set for one endpoint what this sets for all.
#[must_use = "an inbox is opened by `open`"]
pub struct InboxBuilder {
    pub(super) settings: Settings,
    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    pub(super) url: String,
    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    pub(super) migrate: bool,
    #[cfg(feature = "inbox-postgres")]
    pub(super) schema: String,
    #[cfg(feature = "inbox-postgres")]
    pub(super) connections: u32,
}

impl Default for InboxBuilder {
    /// Without a URL: for [`open_with_store`](Self::open_with_store).
    fn default() -> Self {
        Self::new("")
    }
}

impl InboxBuilder {
    #[cfg_attr(
        not(any(feature = "inbox-sqlite", feature = "inbox-postgres")),
        allow(unused_variables, reason = "without an engine there is no URL")
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

    /// Sets how many deliveries of one endpoint run at a time. The default is 16. Each endpoint has
    /// slots of its own, so that a slow one takes none from another.
    pub fn concurrency(mut self, max: usize) -> Self {
        self.settings.concurrency = max;
        self
    }

    /// Sets whether the tenants of an endpoint take turns, so that the backlog of one never starves
    /// another. They do not by default: deliveries run about in the order in which they came.
    ///
    /// A tenant is what [`StoredRequest::tenant`](crate::inbox::StoredRequest::tenant) says: the
    /// parameters of the path by which the secret was found. The next free slot is for the tenant with
    /// the fewest running attempts in this process; of several, each comes in its turn. What waits
    /// without a tenant is that of one more.
    ///
    /// A slot is never taken away: if one tenant's slow functions have all of them, the next one waits
    /// until one returns. Where more tenants have something due than there are slots, each waits for
    /// its turn, one slot a round.
    ///
    /// Set it in all processes on one database: what was stored without it counts as that of one
    /// tenant, and comes after what is older. A claim takes a few more statements, and a stored
    /// delivery a second entry in an index.
    pub fn fair_tenants(mut self, fair: bool) -> Self {
        self.settings.fair_tenants = fair;
        self
    }

    /// Sets how often a delivery is started before it becomes a dead letter. The default is 15. An
    /// attempt that ends the whole process counts, too.
    pub fn max_attempts(mut self, max: u32) -> Self {
        self.settings.max_attempts = max;
        self
    }

    /// Sets how long a claim is good unless it is renewed. The default is 30 seconds. It is renewed
    /// while the function runs; after a crash, this is how long its deliveries wait.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// Sets how long a function may run before the attempt fails. The default is 15 minutes.
    pub fn attempt_timeout(mut self, deadline: Duration) -> Self {
        self.settings.attempt_timeout = deadline;
        self
    }

    /// Sets how long a function may hold the transaction of [`Tx`](crate::Tx) before the attempt
    /// fails. On SQLite nobody else can write meanwhile, and the default is five seconds; elsewhere
    /// it is as long as the attempt. A function that blocks its thread, or a task that it has handed
    /// the transaction to, cannot be stopped by this.
    pub fn tx_timeout(mut self, limit: Duration) -> Self {
        self.settings.tx_timeout = Some(limit);
        self
    }

    /// Sets the pauses between attempts.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// Sets how often workers look for what other processes have stored, where the store does not
    /// tell. The default is one second. PostgreSQL tells, and is asked once in 30 seconds all the
    /// same; Linux tells of changes to an SQLite file. Retries have timers.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.settings.poll_interval = interval;
        self
    }

    /// Sets how long completed and cancelled deliveries are kept. The default is a day.
    pub fn completed_retention(mut self, time: Duration) -> Self {
        self.settings.retention.completed = time;
        self
    }

    /// Sets how long dead letters are kept. The default is 30 days.
    pub fn dead_letter_retention(mut self, time: Duration) -> Self {
        self.settings.retention.dead_letters = time;
        self
    }

    /// Sets how long copies of a delivery are recognised. The default is 7 days. It is never
    /// shorter than the time in which the provider may send the delivery again.
    pub fn dedup_retention(mut self, time: Duration) -> Self {
        self.settings.dedup_retention = time;
        self
    }

    /// Sets further headers that are stored with each delivery, for handlers that read them. By
    /// default, only headers that are known to be harmless are: those that say how to read the body,
    /// where the delivery comes from and how to trace it, and those in which the provider has the id,
    /// the event and the time. A header that proves a delivery, `Authorization` or `Cookie` is never
    /// stored. The chapter [`inbox`](crate::guide::inbox#headers) of the guide has the list.
    pub fn keep_headers(mut self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.settings.kept_headers = KeptHeaders::new(names);
        self
    }

    /// Makes the span of a run a child of the span of its request, in the same trace. By default, it is a
    /// root span that is linked to it: a run may come days later, and traces are kept for hours.
    #[cfg(feature = "otel")]
    pub fn continue_traces(mut self, continues: bool) -> Self {
        self.settings.continue_traces = continues;
        self
    }

    /// Sets how much may wait to be stored, in deliveries and in bytes. The default is 4096 and
    /// 64 MiB. More is refused with 503, and the provider sends it again.
    pub fn max_queued(mut self, deliveries: usize, bytes: usize) -> Self {
        self.settings.queue = Capacity { items: deliveries, weight: bytes };
        self
    }

    /// Sets how much is committed at a time, in deliveries and in bytes. The default is 256 and
    /// 8 MiB.
    pub fn max_group_commit(mut self, deliveries: usize, bytes: usize) -> Self {
        self.settings.batch = Capacity { items: deliveries, weight: bytes };
        self
    }

    /// Sets the clock. PostgreSQL uses its own for what it stores.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// Sets what is done after an attempt that failed and is to be repeated, such as to tell somebody.
    ///
    /// The function gets the record as it is stored after the attempt: `attempt`, `last_error` and
    /// `due_at` say which attempt it was, why it failed, and when the next one is due. It runs after
    /// the end of the attempt is stored, on a thread of its own, for at most 30 seconds: whatever
    /// becomes of it, the delivery and the others go on. At most 64 run at a time. Beyond that they are
    /// not called, which is counted in [`InboxStats::hooks_dropped`](crate::inbox::InboxStats), and
    /// there is one warning.
    ///
    /// It is called at most once for each attempt, in the process that ran it: not at all if the
    /// process ends first.
    ///
    /// ```
    /// use webhook_runtime::{Inbox, inbox::Record};
    ///
    /// async fn tell(record: Record) {
    ///     let reason = record.last_error.unwrap_or_default();
    ///     eprintln!("{} failed at attempt {}: {reason}", record.id, record.attempt);
    /// }
    ///
    /// # let _ =
    /// Inbox::builder("sqlite://inbox.db").on_failure(tell).on_dead_letter(async |record: Record| {
    ///     eprintln!("{} needs somebody", record.id);
    /// });
    /// ```
    pub fn on_failure<F>(mut self, call: impl Fn(Record) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.settings.hooks.set_on_failure(hook(call));
        self
    }

    /// Sets what is done with a delivery that became a dead letter: because an attempt failed for good,
    /// because its last one did, or because it has lost its worker too often or cannot be read. It is
    /// called as [`on_failure`](Self::on_failure) is, which is not called for such an attempt.
    pub fn on_dead_letter<F>(mut self, call: impl Fn(Record) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.settings.hooks.set_on_dead_letter(hook(call));
        self
    }

    /// Sets the name of this process in [`Inbox::workers`]. The default is the name of the host.
    pub fn worker_name(mut self, name: impl Into<String>) -> Self {
        self.settings.worker_name = name.into();
        self
    }

    /// Sets name and version of the program in [`Inbox::workers`], such as
    /// `concat!("shop ", env!("CARGO_PKG_VERSION"))`. The default is the name of the executable file.
    pub fn program(mut self, program: impl Into<String>) -> Self {
        self.settings.program = program.into();
        self
    }

    /// Sets whether `open` creates and migrates the tables. It does by default.
    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// Sets the PostgreSQL schema of the tables. The default is `webhook`.
    #[cfg(feature = "inbox-postgres")]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// Sets the number of connections to PostgreSQL for operators and maintenance. The default is 4.
    /// The thread that commits has three more, and one connection waits for notifications. The
    /// transactions of functions take one for each function that uses `Tx`, up to four times
    /// [`concurrency`](Self::concurrency), and as many more as endpoints with a
    /// [concurrency of their own](crate::inbox::EndpointOptions::concurrency) have slots.
    #[cfg(feature = "inbox-postgres")]
    pub fn max_connections(mut self, max: u32) -> Self {
        self.connections = max;
        self
    }

    /// Opens the inbox, and creates its tables if they are missing. Call it on a tokio runtime.
    ///
    /// # Errors
    /// If the URL or an option is wrong, or the database cannot be used.
    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    pub async fn open(self) -> Result<Inbox, InboxError> {
        self.check()?;
        let store = self.store().await?;
        Ok(Inbox::start(store, self.settings))
    }

    /// Opens an inbox on a store of your own; the URL is ignored. If the store does not use the
    /// system's clock, set the same clock by [`clock`](Self::clock). Call it on a tokio runtime.
    ///
    /// # Errors
    /// If an option is wrong.
    pub fn open_with_store(self, store: Arc<dyn InboxStore>) -> Result<Inbox, InboxError> {
        self.check()?;
        Ok(Inbox::start(store, self.settings))
    }

    /// Opens an inbox in memory, for tests: it loses everything when it is dropped.
    ///
    /// # Errors
    /// If an option is wrong.
    #[cfg(feature = "testing")]
    pub fn open_in_memory(mut self) -> Result<Inbox, InboxError> {
        self.check()?;
        self.settings.own_thread = false;
        let clock = Arc::clone(&self.settings.clock);
        let store = crate::inbox::memory::MemoryStore::new(clock);
        Ok(Inbox::start(Arc::new(store), self.settings))
    }

    fn check(&self) -> Result<(), InboxError> {
        let wrong = |name, problem: &str| {
            Err(InboxError::InvalidOption { name, problem: problem.to_owned() })
        };
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
        if settings.tx_timeout.is_some_and(|limit| limit.is_zero()) {
            return wrong("tx_timeout", "is 0, and no function could use `Tx`");
        }
        if settings.poll_interval.is_zero() {
            return wrong("poll_interval", "is 0, and a processor would do nothing else");
        }
        if let Some(name) = settings.kept_headers.invalid() {
            return wrong("keep_headers", &format!("has `{name}`, which is not a header's name"));
        }
        if settings.queue.items == 0 || settings.batch.items == 0 {
            return wrong("max_queued", "or `max_group_commit` is 0, and nothing would be stored");
        }
        Ok(())
    }
}
